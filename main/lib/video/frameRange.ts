import { AppError } from '#contract'
import type { VideoRange } from '#contract'

/** Frames of a video from number `first` on. */
export interface FrameRange {
  readonly first: number
  readonly total: number
}

/** Moments that lie so close to a frame's are the frame's, in frames: they were rounded on the way. */
const CLOSE = 0.001

/**
 * The frames of a video of `total` frames at `fps` that begin within a range, both ends included, as
 * `calculate_video_frame_range` of qwen_vl_utils has it for `video_start` and `video_end`. null: all of them.
 * @throws AppError InvalidInput when fewer than two frames begin within it.
 */
export function framesWithin(total: number, fps: number, range: VideoRange | null): FrameRange {
  if (!range) return { first: 0, total }
  const frameAt = (ms: number) => Math.min(Math.max(0, ms / 1000), total / fps) * fps
  const first = Math.max(0, Math.ceil(frameAt(range.startMs) - CLOSE))
  const last = Math.min(Math.floor(frameAt(range.endMs) + CLOSE), total - 1)
  if (first >= last)
    throw new AppError(
      'InvalidInput',
      `There are fewer than two frames between ${seconds(range.startMs)} and ${seconds(range.endMs)} of the video. ` +
        'Choose a longer part of it.',
      { startMs: range.startMs, endMs: range.endMs, frames: total },
    )
  return { first, total: last - first + 1 }
}

const seconds = (ms: number): string => `${(ms / 1000).toLocaleString('en', { maximumFractionDigits: 2 })} s`
