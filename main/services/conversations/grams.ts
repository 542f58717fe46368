import { fold } from './fold.ts'

/** Length of the longest grams, in characters. */
const LONGEST = 4
/** Fills the last grams of a word, so that each three characters of it begin one. */
const END = '\uf8ff'

/**
 * What the search index holds of a text: of each word, folded, every single character, pair and run of four, each once,
 * with a space between. A search for a part of a word is a search for the grams of that part, which gives candidates:
 * texts that hold all of them, not always side by side.
 */
export function gramsOf(text: string): string {
  const grams = new Set<string>()
  for (const word of new Set(letters(text).split(/\s+/u))) {
    const padded = word + END
    for (let at = 0; at < word.length; at++) {
      grams.add(word.charAt(at))
      if (at + 2 <= word.length) grams.add(word.slice(at, at + 2))
      if (at + LONGEST <= padded.length) grams.add(padded.slice(at, at + LONGEST))
    }
  }
  return [...grams].join(' ')
}

/** The FTS5 query for texts that hold the grams of every term; terms hold no white space. */
export function matchOf(terms: readonly string[]): string {
  const queries = terms.map(letters).flatMap((term) => {
    if (term.length === 3) return [`"${term}"*`]
    const length = Math.min(term.length, LONGEST)
    return Array.from({ length: term.length - length + 1 }, (_, at) => `"${term.slice(at, at + length)}"`)
  })
  return [...new Set(queries)].join(' AND ')
}

/**
 * A folded text in which each character is one UTF-16 unit that FTS5's `ascii` tokenizer leaves in a token: signs of ASCII
 * move to a private area, and characters beyond the basic plane share one, which makes more candidates but loses none.
 */
function letters(text: string): string {
  return fold(text).replace(/[!-/:-@[-`{-\x7f\0-\x08\x0e-\x1f]|[\u{10000}-\u{10ffff}]/gu, (sign) => {
    const code = sign.codePointAt(0)!
    return String.fromCharCode(code < 0x80 ? 0xe000 + code : 0xe100 + (code % 0x1000))
  })
}
