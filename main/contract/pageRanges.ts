import { say } from './said.ts'
import type { Said } from './said.ts'

/** A list of pages as people write it, "1-3, 7", is of at most this many characters. */
export const MAX_PAGES_TEXT = 2_000

const DASH = /[-\u2010-\u2015\u2212]/g
/** Commas, also as Chinese writes them. */
const COMMA = /[,;\u3001\uff0c\uff1b]/

/**
 * The pages that a text such as "1-3, 7" or "5-" names, rising and each once; a sentence that says what is wrong with it
 * otherwise. Pages are counted from 1 to `count`. `labels`: what the file calls them, one for each; they are what is meant where each is
 * another one, and numbers only where none of them is a number.
 */
export function readPages(text: string, count: number, labels?: readonly string[]): readonly number[] | Said {
  const pages = new Set<number>()
  const labelled = labels ? placesOf(labels) : null
  const example = labels && labelled ? exampleOf(labels) : '1-3, 7'
  const isNumbered = !labelled || !labels?.some((label) => /^\d+$/.test(label))
  for (const piece of text.split(COMMA).map((one) => one.trim())) {
    if (piece === '') continue
    const range =
      (labelled && labelledRange(piece, labelled, count)) ?? (isNumbered ? numberedRange(piece, count) : null)
    if (range === null) return say`"${piece.slice(0, 20)}" is no page. Write pages as in ${example}.`
    const [first, last] = range
    if (first < 1 || Math.max(first, last) > count)
      return count === 1 ? say`There is only page 1.` : say`There are pages 1 to ${count} only.`
    if (last < first) return say`${piece} runs backwards. Write ${nameOf(last, labels)}-${nameOf(first, labels)}.`
    for (let page = first; page <= last; page++) pages.add(page)
  }
  return [...pages].sort((a, b) => a - b)
}

/** Pages as a person would write them: "1-3, 7", or by the `labels` that `readPages` reads them by. `pages` are rising. */
export function writePages(pages: readonly number[], labels?: readonly string[]): string {
  const runs: [number, number][] = []
  for (const page of pages) {
    const last = runs.at(-1)
    if (last && page === last[1] + 1) last[1] = page
    else runs.push([page, page])
  }
  const used = labels && placesOf(labels) ? labels : undefined
  return runs
    .map(([first, last]) => (first === last ? nameOf(first, used) : `${nameOf(first, used)}-${nameOf(last, used)}`))
    .join(', ')
}

const nameOf = (page: number, labels?: readonly string[]): string => labels?.[page - 1] ?? `${page}`

const exampleOf = (labels: readonly string[]): string =>
  labels.length > 1 ? `${labels[0]}-${labels[1]}` : `${labels[0]}`

const isSame = (label: string): string => label.trim().toLowerCase()

/** The pages of labels; null where labels cannot tell pages: two are one, or one reads as a list of others. */
function placesOf(labels: readonly string[]): ReadonlyMap<string, number> | null {
  const places = new Map(labels.map((label, i) => [isSame(label), i + 1]))
  return places.size === labels.length && labels.every((label) => label.trim() !== '' && !COMMA.test(label))
    ? places
    : null
}

/** The first and last page of a label, or of two with a dash between, of which one may be missing; null: it is none of these. */
function labelledRange(piece: string, places: ReadonlyMap<string, number>, count: number): [number, number] | null {
  const only = places.get(isSame(piece))
  if (only !== undefined) return [only, only]
  for (const { index } of piece.matchAll(DASH)) {
    const [from, to] = [isSame(piece.slice(0, index)), isSame(piece.slice(index + 1))]
    const first = from === '' ? 1 : places.get(from)
    const last = to === '' ? count : places.get(to)
    if (first !== undefined && last !== undefined && (from !== '' || to !== '')) return [first, last]
  }
  return null
}

/** The same of numbers. */
function numberedRange(piece: string, count: number): [number, number] | null {
  const bare = piece.replace(/\s+/g, '')
  const [, from, dash, to] = /^(\d{0,7})([-\u2010-\u2015\u2212]?)(\d{0,7})$/.exec(bare) ?? []
  if (from === undefined || (from === '' && to === '') || (!dash && to !== '')) return null
  const first = from === '' ? 1 : Number(from)
  return [first, dash ? (to === '' ? count : Number(to)) : first]
}
