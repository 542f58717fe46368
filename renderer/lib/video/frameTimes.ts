import type { VideoFacts } from '#contract'

/** When a packet's frame is shown and for how long, in seconds. */
export interface Shown {
  readonly timestamp: number
  readonly duration: number
}

/** The times of all frames in the order in which they are shown, in seconds, and what follows from them. Those that end before 0 are not shown. */
export function frameTimes(packets: readonly Shown[]): { times: Float64Array; timing: Pick<VideoFacts, 'frames' | 'durationMs' | 'fps' | 'startMs'> } {
  const shown = packets.filter(({ timestamp, duration }) => timestamp + duration > 0 || timestamp >= 0).sort((a, b) => a.timestamp - b.timestamp)
  const times = Float64Array.from(shown, ({ timestamp }) => Math.max(0, timestamp))
  const first = times[0] ?? 0
  const last = times.at(-1) ?? 0
  // some files do not say how long a frame lasts
  const lasts = shown.at(-1)?.duration || (times.length > 1 ? (last - first) / (times.length - 1) : 0)
  const duration = last + lasts - first
  return { times, timing: { frames: times.length, durationMs: duration * 1000, fps: duration > 0 ? times.length / duration : 0, startMs: first * 1000 } }
}

/** A moment at which frame `index` is surely the one that is shown, however its time was rounded. */
export function momentOf(times: Float64Array, index: number): number {
  const time = times[index] ?? 0
  const next = times[index + 1]
  return next === undefined ? time + 1e-3 : (time + next) / 2
}
