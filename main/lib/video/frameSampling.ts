import { AppError } from '#contract'
import { roundHalfToEven } from '../picture/smartResize.ts'

/** How frames are chosen: `frames` of them, or so many per second within limits. */
export interface SamplingRule {
  /** Frames per second that are wanted; 2 unless told. */
  readonly fps?: number
  /** Frames that are wanted, whatever the length. */
  readonly frames?: number
  readonly minFrames?: number
  readonly maxFrames?: number
}

/** The frames of a video that the model sees. */
export interface SampledFrames {
  /** Numbers of the frames, from 0, rising; their count is even. */
  readonly indices: readonly number[]
  /** Frames per second at which they were taken in effect: how far they are apart for the model. */
  readonly fps: number
}

/** Frames per second that are wanted unless told. */
export const FPS = 2
/** Frames go to the model in pairs. */
export const PAIR = 2
const MIN_FRAMES = 4
const MAX_FRAMES = 768
/** What dividing by a rate may lack of a whole number, in frames; `timeLine` has taken care of all else. */
export const ROUNDING = 1e-6

/**
 * Which frames of a video, or of `total` frames of it from number `first` on, at `videoFps` the model sees: evenly spread
 * from the first to the last, as `smart_nframes` and `fetch_video` of qwen_vl_utils choose them.
 * @throws AppError InvalidInput when the video is shorter than a pair of frames, or than `rule.frames`.
 */
export function sampleFrames(total: number, videoFps: number, rule: SamplingRule = {}, first = 0): SampledFrames {
  const count = countFrames(total, videoFps, rule)
  if (!(count >= PAIR && count <= total))
    throw new AppError(
      'InvalidInput',
      `The video has ${total} ${total === 1 ? 'frame' : 'frames'}; ${rule.frames ?? PAIR} cannot be chosen from it. Use a longer video, or one of its frames as a picture.`,
      { frames: total },
    )
  return { indices: linspace(first, first + total - 1, count).map(roundHalfToEven), fps: (count / total) * videoFps }
}

function countFrames(
  total: number,
  videoFps: number,
  { fps = FPS, frames, minFrames = MIN_FRAMES, maxFrames = Math.min(MAX_FRAMES, total) }: SamplingRule,
): number {
  if (frames !== undefined) return roundHalfToEven(frames / PAIR) * PAIR
  const least = Math.ceil(minFrames / PAIR) * PAIR
  const most = Math.floor(maxFrames / PAIR) * PAIR
  const wanted = Math.min(Math.max((total / videoFps) * fps, least), most, total)
  return Math.floor((wanted + ROUNDING) / PAIR) * PAIR
}

/** `count` values from `start` to `end` in single precision, from both ends to the middle, as torch computes them. */
function linspace(start: number, end: number, count: number): number[] {
  const step = Math.fround((end - start) / (count - 1))
  const fromStart = (i: number) => Math.fround(start + Math.fround(step * i))
  const fromEnd = (i: number) => Math.fround(end - Math.fround(step * (count - 1 - i)))
  return Array.from({ length: count }, (_, i) => (i < count / 2 ? fromStart(i) : fromEnd(i)))
}
