const ASCII = /^[\0-\x7f]*$/
const ACCENTS = /(\p{Script=Latin})[\u0300-\u036f]+/gu
const COMBINING = /[\u0300-\u036f]/

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

/** Letters by what `fold` makes of them; of those that become two (ß, ﬁ) by that. Chinese and Korean have no case. */
let letters: { readonly single: ReadonlyMap<string, string>; readonly doubles: ReadonlyMap<string, string> } | null =
  null

function lettersOf() {
  if (letters) return letters
  const single = new Map<string, string>()
  const doubles = new Map<string, string>()
  for (let code = 0; code < 0xfb50; code++) {
    if (code === 0x2e80) code = 0xa640
    if (code === 0xac00) code = 0xfb00
    const letter = String.fromCharCode(code)
    const folded = fold(letter)
    const found = folded.length === 1 ? single : doubles
    if (folded !== '') found.set(folded, (found.get(folded) ?? '') + letter)
  }
  return (letters = { single, doubles })
}

/**
 * Finds `term` in a text as if both were folded; for short terms, since it names every letter that folds to one of
 * theirs: folding all texts would take several times as long.
 */
export function patternOf(term: string): RegExp {
  const { single, doubles } = lettersOf()
  const wanted = fold(term)
  const one = (character: string) => {
    const same = [...(single.get(character) ?? character)]
    const apart = same.map((letter) => letter.normalize('NFD')).filter((letter) => [...letter].length > 1)
    // accents of Latin letters do not count, marks of others make other letters
    const marks = /\p{Script=Latin}/u.test(character) ? '[\\u0300-\\u036f]*' : '(?![\\u0300-\\u036f])'
    return `(?:${[...apart, oneOf(same)].join('|')})${marks}`
  }
  const double = (fits: (folded: string) => boolean) =>
    oneOf([...doubles].flatMap(([folded, from]) => (fits(folded) ? [...from] : [])))
  const from = (at: number): string => {
    if (at >= wanted.length) return ''
    const rest = wanted.slice(at)
    const character = String.fromCodePoint(wanted.codePointAt(at)!)
    const ways = [one(character) + from(at + character.length), double((folded) => folded.startsWith(rest))]
    for (let end = 2; end < rest.length; end++)
      ways.push(double((folded) => folded === rest.slice(0, end)) + from(at + end))
    if (at === 0)
      for (let end = 1; end < rest.length; end++)
        ways.push(double((folded) => folded.endsWith(rest.slice(0, end))) + from(end))
    if (at === 0) ways.push(double((folded) => folded.includes(rest)))
    return `(?:${ways.filter((way) => !way.startsWith(NOTHING)).join('|')})`
  }
  return new RegExp(from(0), 'iu')
}

/** A class that no character is in. */
const NOTHING = '[]'
const oneOf = (characters: readonly string[]): string => `[${characters.map(escaped).join('')}]`
const escaped = (character: string): string => character.replace(/[\\\]^[-]/, '\\$&')
