import { type Mark, objectNames } from './findMarks.ts'
import type { TimeMark } from './times.ts'

/** Addresses, within an answer, of its mark at an index and of a moment or a stretch of its video, in seconds. */
export const markAddress = (index: number): string => `#mark-${index}`
export const timeAddress = ({ from, to }: Pick<TimeMark, 'from' | 'to'>): string =>
  `#time-${from}${to === null ? '' : `-${to}`}`

/** The mark or the time that such an address names; null for any other address. */
export function addressed(href: string | undefined): { mark: number } | { time: Pick<TimeMark, 'from' | 'to'> } | null {
  const [, mark, from, to] =
    /^#(?:mark-(\d{1,9})|time-(\d{1,9}(?:\.\d{1,3})?)(?:-(\d{1,9}(?:\.\d{1,3})?))?)$/.exec(href ?? '') ?? []
  if (mark !== undefined) return { mark: Number(mark) }
  return from === undefined ? null : { time: { from: Number(from), to: to === undefined ? null : Number(to) } }
}

interface Piece {
  readonly start: number
  readonly end: number
  readonly text: string
}

const FENCE = /```[^]*?(?:```|$)|`[^`\n]*`/g
const OPEN_TAIL = /<\|(?:object_ref|box)_(?:start|end)?\|?>?(?:(?!<\|box_end\|>)[^])*$|<(?:\|[a-z_]*)?$/

const codeIn = (text: string) =>
  [...text.matchAll(FENCE)].map((match) => ({ start: match.index, end: match.index + match[0].length }))

/** The times that stand in code, where `linkAnswer` makes no links of them. */
export function timesInCode(text: string, times: readonly TimeMark[]): TimeMark[] {
  const code = codeIn(text)
  return times.filter(({ start, end }) => code.some((block) => start >= block.start && end <= block.end))
}

/**
 * An answer's Markdown in which the objects and boxes of Qwen2-VL's tokens, and times, are links to `markAddress` and
 * `timeAddress`. Code stays as it is; so do boxes in JSON and HTML. `streaming`: a box that is still being written at
 * the
 * end is left out.
 */
export function linkAnswer(
  text: string,
  marks: readonly Mark[],
  times: readonly TimeMark[],
  streaming: boolean,
): string {
  const code = codeIn(text)
  const pieces = [
    ...markPieces(text, marks),
    ...times.map(
      (time): Piece => ({
        start: time.start,
        end: time.end,
        text: link(text.slice(time.start, time.end), timeAddress(time)),
      }),
    ),
  ]
    .filter(({ start, end }) => code.every((block) => end <= block.start || start >= block.end))
    .sort((a, b) => a.start - b.start)
  let linked = ''
  let at = 0
  for (const piece of pieces) {
    if (piece.start < at) continue
    linked += text.slice(at, piece.start) + piece.text
    at = piece.end
  }
  const rest = text.slice(at)
  return linked + (streaming ? rest.replace(OPEN_TAIL, '') : rest)
}

function markPieces(text: string, marks: readonly Mark[]): Piece[] {
  const tokens = marks
    .map((mark, index) => ({ ...mark, index }))
    .filter(({ start }) => text.startsWith('<|box_start|>', start))
  const named = new Set<number>()
  const names = objectNames(text).map(({ name, start, end }): Piece => {
    // the name stands for the first box that follows it directly
    const first = tokens.find((mark) => mark.start >= end && text.slice(end, mark.start).trim() === '')
    if (!first) return { start, end, text: escaped(name) }
    named.add(first.index)
    return { start, end, text: link(name || `Box ${first.index + 1}`, markAddress(first.index)) }
  })
  const boxes = tokens.map(
    ({ start, end, index }): Piece => ({
      start,
      end,
      text: named.has(index) ? '' : ` ${link(`Box ${index + 1}`, markAddress(index))} `,
    }),
  )
  return [...names, ...boxes]
}

const escaped = (text: string): string => text.replace(/[\\[\]*_`<>~|]/g, '\\$&')
const link = (text: string, address: string): string => `[${escaped(text)}](${address})`
