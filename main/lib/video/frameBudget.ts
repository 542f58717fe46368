import { PIXELS_PER_TOKEN } from '#contract'
import type { PictureBudget } from '#contract'

/** Limits that qwen_vl_utils sets: of one frame, and of all frames of a video together, in pixels. */
const MIN_PIXELS = 128 * PIXELS_PER_TOKEN
const MAX_PIXELS = 768 * PIXELS_PER_TOKEN
const TOTAL_PIXELS = 24576 * PIXELS_PER_TOKEN
const FRAMES_PER_SLICE = 2
/** The largest size may not be forced below this much of the smallest. */
const ROOM = 1.05

/**
 * How large each of `frames` frames may be, after `fetch_video` of qwen_vl_utils: a frame's share of the total, within the
 * limits of one frame. `wished` narrows it, and never goes beyond.
 */
export function frameBudget(
  frames: number,
  wished: { readonly minPixels?: number; readonly maxPixels?: number } = {},
): PictureBudget {
  const minPixels = wished.minPixels ?? MIN_PIXELS
  const share = (TOTAL_PIXELS / (Math.ceil(frames / FRAMES_PER_SLICE) * FRAMES_PER_SLICE)) * FRAMES_PER_SLICE
  const limit = Math.max(Math.min(MAX_PIXELS, share), Math.floor(minPixels * ROOM))
  return { minPixels, maxPixels: Math.min(wished.maxPixels ?? limit, limit) }
}

/**
 * The limits of a video's frames: the reference's, narrowed by what is `wished` of this video and by the `usual` budget of
 * pictures.
 */
export function videoBudget(
  frames: number,
  wished: { readonly minPixels?: number; readonly maxPixels?: number },
  usual: PictureBudget,
): PictureBudget {
  const limits = frameBudget(frames, { minPixels: wished.minPixels, maxPixels: wished.maxPixels ?? usual.maxPixels })
  // a budget below what the reference gives a frame at least is meant: the frame is not enlarged beyond it
  const isBelow = limits.maxPixels < limits.minPixels && wished.minPixels === undefined
  return isBelow ? { ...limits, minPixels: usual.minPixels } : limits
}
