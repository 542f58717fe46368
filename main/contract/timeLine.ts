/**
 * What a reader found of a picture track. Times are in ticks of the file's clock, as whole numbers; where a reader gives
 * seconds, `Math.round(seconds * ticksPerSecond)` are the ticks again.
 */
export interface TrackTimes {
  readonly ticksPerSecond: number
  /**
   * When each frame that can be decoded is shown, in any order. What nobody can decode is left out: what is stored before
   * the first key frame. What an edit list hides may be left out or lie outside of `from` and `until`.
   */
  readonly times: readonly number[]
  /** When the last frame ends. null: the file does not say; then it lasts as long as the others do on average. */
  readonly end: number | null
  /** Frames per second that the file states. Believed where the times agree with it. */
  readonly statedFps?: number | null
  /** Frames that begin before this are not shown, e.g. the start of an edit list. */
  readonly from?: number
  /** Frames that begin at this or later are not shown, e.g. the end of an edit list; the last one ends there at the latest. */
  readonly until?: number
}

/** Which frames of a video are shown and when. The frames are numbered from 0 in the order in which they are shown. */
export interface TimeLine {
  /** When each frame is first shown, rising, on the file's own clock, in seconds. */
  readonly times: Float64Array
  readonly frames: number
  /** From the first frame to the end of the last; 0 without frames. */
  readonly durationMs: number
  /** Frames per second: the rate where it is constant, otherwise all frames by the time that they take; 0 without frames. */
  readonly fps: number
  readonly startMs: number
}

/** How long the only frame of a video lasts whose file does not say so, in seconds. */
const SINGLE_FRAME = 0.04
/** By how much the length of a frame may be wrong because its start and its end are whole ticks, in ticks. */
const ROUNDED = 2
/** No video has more frames per second. */
const MAX_FPS = 1000

/**
 * The time line of a video: the one place that decides which frames there are, when they are shown, and how many come in a
 * second. Files round the times of frames to their clock (MKV and WebM to 1 ms), so that a rate computed from them is off by
 * a little, and 8 frames would become 7.9999. Hence a rate is taken as the plainest number that the rounded times allow.
 */
export function timeLine({
  ticksPerSecond,
  times: all,
  end,
  statedFps,
  from = -Infinity,
  until = Infinity,
}: TrackTimes): TimeLine {
  const ticks = Float64Array.from(all.filter((time) => time >= from && time < until)).sort()
  const frames = ticks.length
  const times = ticks.map((tick) => tick / ticksPerSecond)
  if (frames === 0) return { times, frames, durationMs: 0, fps: 0, startMs: 0 }
  const first = ticks[0] ?? 0
  const last = ticks[frames - 1] ?? 0
  const stop = end === null ? null : Math.min(end, until)
  /** How long the last frame lasts, in ticks; null: not known. */
  const lasts = stop !== null && stop > last ? stop - last : null
  const startMs = (1000 * first) / ticksPerSecond
  const rate = constantRate(ticks, ticksPerSecond, statedFps ?? null)
  // a last frame that is held for longer is no part of a constant rate
  if (rate !== null && (lasts === null || lasts <= ticksPerSecond / rate + ROUNDED)) {
    const isWhole = lasts === null || lasts >= ticksPerSecond / rate - ROUNDED
    const seconds = isWhole ? frames / rate : (last - first + lasts) / ticksPerSecond
    return { times, frames, durationMs: 1000 * seconds, fps: rate, startMs }
  }
  const mean = frames > 1 ? (last - first) / (frames - 1) : ticksPerSecond * (statedFps ? 1 / statedFps : SINGLE_FRAME)
  const span = last - first + (lasts ?? mean)
  // its start and its end are each right to half a tick
  const seconds = span > 1 ? plainest((span - 1) / ticksPerSecond, (span + 1) / ticksPerSecond) : 1 / ticksPerSecond
  return { times, frames, durationMs: 1000 * seconds, fps: Math.min(MAX_FPS, frames / seconds), startMs }
}

/** The frames per second of times (rising) that are apart evenly but for the rounding to ticks; null where they are not. */
function constantRate(ticks: Float64Array, ticksPerSecond: number, stated: number | null): number | null {
  const first = ticks[0] ?? 0
  let least = 0
  let most = Infinity
  for (let n = 1; n < ticks.length; n++) {
    const passed = (ticks[n] ?? 0) - first
    least = Math.max(least, (passed - 1) / n)
    most = Math.min(most, (passed + 1) / n)
  }
  if (ticks.length < 2 || least > most || most <= 0) return null
  const [slowest, fastest] = [ticksPerSecond / most, least > 0 ? ticksPerSecond / least : MAX_FPS]
  const fits = (fps: number): boolean => fps >= slowest && fps <= fastest && fps <= MAX_FPS
  // film and television in countries with 60 Hz run at 1000/1001 of a whole number
  const usual = [
    Math.ceil(slowest),
    (Math.ceil((slowest * 1001) / 1000) * 1000) / 1001,
    ticksPerSecond / Math.ceil(least),
  ]
  const plain = [...(stated ? [stated] : []), ...usual].find(fits)
  return plain ?? (slowest > MAX_FPS ? null : plainest(slowest, fastest))
}

/** The fraction with the smallest denominator from `low` (positive) to `high`, by continued fractions. */
function plainest(low: number, high: number): number {
  const fraction = (from: number, to: number): readonly [number, number] => {
    const whole = Math.ceil(from)
    if (whole <= to) return [whole, 1]
    const below = whole - 1
    const [above, under] = fraction(1 / (to - below), 1 / (from - below))
    return [below * above + under, above]
  }
  const [above, under] = fraction(low, high)
  return above / under
}
