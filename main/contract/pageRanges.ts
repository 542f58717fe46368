/** A list of pages as people write it, "1-3, 7", is of at most this many characters. */
export const MAX_PAGES_TEXT = 2_000

/**
 * The pages that a text such as "1-3, 7" or "5-" names, rising and each once; a sentence that says what is wrong with it
 * otherwise. Pages are counted from 1 to `count`.
 */
export function readPages(text: string, count: number): readonly number[] | string {
  const pages = new Set<number>()
  for (const piece of text.split(/[,;]/).map((one) => one.replace(/\s+/g, ''))) {
    if (piece === '') continue
    const [, from, dash, to] = /^(\d{0,7})([-\u2010-\u2015\u2212]?)(\d{0,7})$/.exec(piece) ?? []
    if (from === undefined || (from === '' && to === '') || (!dash && to !== ''))
      return `"${piece.slice(0, 20)}" is no page. Write pages as in 1-3, 7.`
    const first = from === '' ? 1 : Number(from)
    const last = dash ? (to === '' ? count : Number(to)) : first
    if (first < 1 || Math.max(first, last) > count)
      return count === 1 ? 'There is only page 1.' : `There are pages 1 to ${count} only.`
    if (last < first) return `${piece} runs backwards. Write ${last}-${first}.`
    for (let page = first; page <= last; page++) pages.add(page)
  }
  return [...pages].sort((a, b) => a - b)
}

/** Pages as a person would write them: "1-3, 7". `pages` are rising. */
export function writePages(pages: readonly number[]): string {
  const runs: [number, number][] = []
  for (const page of pages) {
    const last = runs.at(-1)
    if (last && page === last[1] + 1) last[1] = page
    else runs.push([page, page])
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ')
}
