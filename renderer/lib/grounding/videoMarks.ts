import type { Mark } from './marks.ts'
import type { TimeMark } from './times.ts'

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
