import type { ProbedTrack } from './ffprobe.ts'

/** Frames that are decoded in one go. */
export interface FrameRun {
  /** Their places in the time line, rising. */
  readonly places: readonly number[]
  /** Where reading starts, in ticks: at a frame that decodes alone. null: at the file's start. */
  readonly from: number | null
}

/** What a process needs before its first frame, as pixels that it would decode in that time. */
const START_PIXELS = 40_000_000
const LEAST_FRAMES = 24

/**
 * Divides frames (places in the time line, rising) into runs: where a frame that decodes alone lies between two that are
 * wanted, and enough frames before it, reading goes on from there instead of decoding all of them.
 */
export function runsOf(
  { ticks, keys, shown }: Pick<ProbedTrack, 'ticks' | 'keys' | 'shown'>,
  places: readonly number[],
): FrameRun[] {
  if (!ticks) return [{ places, from: null }]
  const worth = Math.max(LEAST_FRAMES, START_PIXELS / (shown.width * shown.height))
  const runs: { places: number[]; from: number | null }[] = []
  let key = -1
  let reached = 0
  for (const place of places) {
    while (key + 1 < keys.length && keys[key + 1]! <= place) key++
    const start = key < 0 ? 0 : keys[key]!
    if (runs.length === 0 || start - reached > worth)
      runs.push({ places: [place], from: start - reached > worth ? ticks[start]! : null })
    else runs.at(-1)!.places.push(place)
    reached = place
  }
  return runs
}
