/** Points for a letter of the query: right behind the one before, at the beginning of a word, anywhere else. */
const BEHIND = 8
const WORD_START = 6
const ANYWHERE = 1

const fold = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()

/** How well one word of a query fits a text; null: its letters are not all there in this order. */
function wordScore(word: string, text: string): number | null {
  const whole = text.indexOf(word)
  if (whole >= 0) return (isWordStart(text, whole) ? 2 : 1) * BEHIND * word.length - Math.min(whole, BEHIND)
  let score = 0
  let from = 0
  for (const letter of word) {
    const next = nextOf(letter, text, from)
    if (next === null) return null
    score += next === from && from > 0 ? BEHIND : isWordStart(text, next) ? WORD_START : ANYWHERE - (next - from) / 16
    from = next + letter.length
  }
  return score
}

/** Where a letter stands next: right here, else at the beginning of a word, else anywhere. */
function nextOf(letter: string, text: string, from: number): number | null {
  if (text.startsWith(letter, from)) return from
  let first: number | null = null
  for (let at = text.indexOf(letter, from); at >= 0; at = text.indexOf(letter, at + 1)) {
    if (isWordStart(text, at)) return at
    first ??= at
  }
  return first
}

const isWordStart = (text: string, at: number): boolean => at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1]!)

/**
 * What of `items` fits a query, the best first; those that fit equally well stay in their order, as all do without a query. Each word
 * of the query has to fit, its letters in their order; accents and case do not count. `textOf`: what is looked through.
 */
export function fuzzyFilter<T>(query: string, items: readonly T[], textOf: (item: T) => string): readonly T[] {
  const words = fold(query).split(/\s+/).filter(Boolean)
  if (words.length === 0) return items
  return items
    .flatMap((item) => {
      const text = fold(textOf(item))
      let total = 0
      for (const word of words) {
        const score = wordScore(word, text)
        if (score === null) return []
        total += score
      }
      return [{ item, score: total }]
    })
    .sort((a, b) => b.score - a.score)
    .map(({ item }) => item)
}
