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
