/** Texts that need no folding beyond their case. */
const ASCII = /^[\0-\x7f]*$/
const ACCENTS = /(\p{Script=Latin})[\u0300-\u036f]+/gu
const COMBINING = /[\u0300-\u036f]/

/** The words of a query, each of which has to be found. */
export const termsOf = (query: string): string[] =>
  query.replaceAll('\0', ' ').normalize('NFC').trim().split(/\s+/u).filter(Boolean)

/**
 * A text as search compares it: case does not count, nor accents of Latin letters, nor whether a letter with a mark is
 * one character or two. Lower case comes first, so that ẞ and ß become SS, and İ an I; upper case then, which knows no
 * end-of-word form of σ.
 */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toUpperCase()
  const upper = text.toLowerCase().toUpperCase().normalize('NFD')
  return COMBINING.test(upper) ? upper.replace(ACCENTS, '$1').normalize('NFC') : upper.normalize('NFC')
}

/** A stretch of a text, in UTF-16 units. */
export interface Stretch {
  readonly start: number
  readonly end: number
}

/** Where any of the terms stands in `text`, compared as `fold` does, in order; overlapping places are one. */
export function placesOfTerms(text: string, terms: readonly string[]): Stretch[] {
  const { folded, offsets } = foldEach(text)
  const original = (index: number): number => (offsets ? (offsets[index] ?? text.length) : index)
  return occurrences(folded, terms.map(fold)).map(({ start, end }) => ({ start: original(start), end: original(end) }))
}

/** `text` folded, and for each UTF-16 unit of it the offset of its character in `text`; null: each has its own. */
export function foldEach(text: string): { folded: string; offsets: number[] | null } {
  if (ASCII.test(text)) return { folded: fold(text), offsets: null }
  let folded = ''
  const offsets: number[] = []
  let offset = 0
  for (const character of text) {
    const base = character < '\x80' ? character.toUpperCase() : fold(character)
    folded += base
    for (let i = 0; i < base.length; i++) offsets.push(offset)
    offset += character.length
  }
  return { folded, offsets }
}

/** Where folded terms stand in a folded text, in order; overlapping ones as one. */
export function occurrences(text: string, terms: readonly string[]): Stretch[] {
  const found: Stretch[] = []
  for (const term of terms) {
    if (!term) continue
    for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + term.length))
      found.push({ start: at, end: at + term.length })
  }
  found.sort((a, b) => a.start - b.start)
  const merged: Stretch[] = []
  for (const hit of found) {
    const last = merged.at(-1)
    if (last && hit.start <= last.end) merged[merged.length - 1] = { ...last, end: Math.max(last.end, hit.end) }
    else merged.push(hit)
  }
  return merged
}
