import { fold } from './fold.ts'

const before = 40
const length = 160

/**
 * About 160 characters of `text` around the first occurrence of any term, on one line, each occurrence between \u0002
 * and \u0003. Compared as `fold` does.
 */
export function snippetOf(text: string, terms: readonly string[]): string {
  const line = text
    .replace(/[\u0002\u0003]/g, '')
    .replace(/\s+/gu, ' ')
    .trim()
    .normalize('NFC')
  const { folded, offsets } = foldEach(line)
  const hits = occurrences(folded, terms.map(fold))
  const first = hits[0]?.start ?? 0
  const from = Math.max(0, first - before)
  const to = Math.min(folded.length, from + length)
  const original = (index: number) => offsets[index] ?? line.length

  let out = from > 0 ? '…' : ''
  let at = from
  for (const { start, end } of hits.filter((hit) => hit.start < to)) {
    out += `${line.slice(original(at), original(start))}\u0002${line.slice(original(start), original(end))}\u0003`
    at = end
  }
  return out + line.slice(original(at), original(Math.max(at, to))) + (to < folded.length ? '…' : '')
}

/** `text` folded, and for each UTF-16 unit of it the offset of its character in `text`. */
function foldEach(text: string): { folded: string; offsets: number[] } {
  let folded = ''
  const offsets: number[] = []
  let offset = 0
  for (const character of text) {
    const base = fold(character)
    folded += base
    for (let i = 0; i < base.length; i++) offsets.push(offset)
    offset += character.length
  }
  return { folded, offsets }
}

/** Where the terms stand, in order; overlapping ones as one. */
function occurrences(text: string, terms: readonly string[]): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = []
  for (const term of terms) {
    if (!term) continue
    for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + term.length))
      found.push({ start: at, end: at + term.length })
  }
  found.sort((a, b) => a.start - b.start)
  const merged: { start: number; end: number }[] = []
  for (const hit of found) {
    const last = merged.at(-1)
    if (last && hit.start <= last.end) last.end = Math.max(last.end, hit.end)
    else merged.push({ ...hit })
  }
  return merged
}
