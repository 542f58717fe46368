import { isInTokens, objectNames } from './findMarks.ts'
import type { Mark } from './findMarks.ts'

/** A moment or a stretch of a video that an answer names, in seconds, and where it stands in the text. */
export interface TimeMark {
  readonly from: number
  /** null: a moment. */
  readonly to: number | null
  readonly start: number
  readonly end: number
}

// neither digits nor dots around it: "10:30:45.5", "0:42", but not the end of a longer number or a ratio in one
const CLOCK = String.raw`(?:\d{1,2}:)?\d{1,3}:[0-5]\d(?:\.\d{1,3})?`
const SECONDS = String.raw`\d{1,5}(?:\.\d{1,3})?\s?(?:s|secs?|seconds?|秒)(?![\p{L}\d])`
const MOMENT = String.raw`(?:${CLOCK}|${SECONDS})`
const SPAN = new RegExp(
  String.raw`(?<![\d:.])(${MOMENT}|\d{1,5}(?:\.\d{1,3})?(?=\s?(?:-|–|—|to|至|到)\s?${SECONDS}))(?:\s?(?:-|–|—|to|至|到)\s?(${MOMENT}))?(?![\d:])`,
  'giu',
)
const FIELD = /"(?:time|timestamp|start|end|start_time|end_time)"\s*:\s*"?(\d{1,6}(?:\.\d{1,3})?)(?=["\s,}\]])/g

/**
 * Times of a video of `duration` seconds in an answer: `0:42`, `00:42-00:51`, `42.0s`, `3 seconds`, and numbers in JSON
 * fields such as `"start": 4.5`. Later ones than the video is long are none.
 */
export function findTimes(text: string, duration: number): TimeMark[] {
  const spans = [...text.matchAll(SPAN)].map((match) => ({
    from: secondsOf(match[1]!),
    to: match[2] === undefined ? null : secondsOf(match[2]),
    start: match.index,
    end: match.index + match[0].length,
  }))
  const fields = [...text.matchAll(FIELD)].map((match) => {
    const end = match.index + match[0].length
    return { from: Number(match[1]), to: null, start: end - match[1]!.length, end }
  })
  const isInside = ({ from, to }: TimeMark) =>
    from <= duration + 0.5 && (to === null || (to >= from && to <= duration + 0.5))
  return [...spans, ...fields]
    .filter(isInside)
    .sort((a, b) => a.start - b.start)
    .filter((mark, i, all) => i === 0 || mark.start >= all[i - 1]!.end)
}

function secondsOf(text: string): number {
  return text.split(':').reduce((sum, part) => sum * 60 + Number.parseFloat(part), 0)
}

/** A part of a video's time in seconds, from the first frame that the model saw. `to` null: a moment. */
export type Stretch = Pick<TimeMark, 'from' | 'to'>

/** A moment lasts at least so long on both sides, in seconds. */
const LEAST = 0.25

/**
 * When a mark of a video is there: at the time of its own JSON, else at the one that is written before it in the same
 * paragraph. null: in all of the video.
 */
export function stretchOf(text: string, mark: Mark, times: readonly TimeMark[]): Stretch | null {
  if (mark.time !== null) return { from: mark.time, to: null }
  const before = times.findLast(({ end }) => end <= mark.start)
  return before && !/\n\s*\n/.test(text.slice(before.end, mark.start)) ? { from: before.from, to: before.to } : null
}

/** Whether a mark is to be seen at a second of its video. `step`: seconds between the frames that the model saw. */
export function isThere(stretch: Stretch | null, second: number, step: number): boolean {
  if (!stretch) return true
  const around = Math.max(LEAST, step / 2)
  return second >= stretch.from - around && second <= (stretch.to ?? stretch.from) + around
}

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
const OPEN_TAIL =
  /<\|(?:object_ref|box)_(?:start|end)?\|?>?(?:(?!<\|box_end\|>)[^])*$|<(?:\|[a-z_]*)?$|(?:,\s*)?(?:<\d{1,3}>)*<\d{0,3}>?,?\s*$/

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
 * the end is left out.
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
  const tokens = marks.map((mark, index) => ({ ...mark, index })).filter((mark) => isInTokens(text, mark))
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
  // Rex-Omni says so of a class that is not there
  const none = [...text.matchAll(/<\|box_start\|>\s*None\s*<\|box_end\|>/g)].map(
    ({ index, 0: written }): Piece => ({ start: index, end: index + written.length, text: ' (none)' }),
  )
  return [...names, ...boxes, ...none]
}

const escaped = (text: string): string => text.replace(/[\\[\]*_`<>~|]/g, '\\$&')
const link = (text: string, address: string): string => `[${escaped(text)}](${address})`
