import { PIXELS_PER_TOKEN, type FrameSample, type PictureBudget, type VideoFacts, type VideoRange } from '#contract'
import type { Size } from '#contract'
import { smartResize } from '../picture/smartResize.ts'
import { videoBudget } from './frameBudget.ts'
import { framesWithin } from './frameRange.ts'
import { FPS, PAIR, sampleFrames } from './frameSampling.ts'

/** How frames are wanted; unset: 2 per second, as large as the usual budget and the reference allow. */
export interface SampleWish {
  readonly range: VideoRange | null
  readonly fps?: number | undefined
  readonly budget?: PictureBudget | undefined
}

/** What a model gets of a video, and its exact tokens. */
export interface Sampled {
  readonly sample: FrameSample
  readonly tokens: number
}

/** No frame is wished larger than the reference lets one be, in pixels. */
const MAX_FRAME_PIXELS = 768 * PIXELS_PER_TOKEN

/**
 * The frames that a model gets of a video, by the reference's rule: which, when they are shown, and their size. `usual`:
 * the budget of pictures. @throws AppError InvalidInput for a range or a video of fewer than two frames, UnsupportedMedia
 * for one that is far wider than high.
 */
export function sampleVideo(
  facts: VideoFacts,
  { range, fps = FPS, budget }: SampleWish,
  usual: PictureBudget,
): Sampled {
  const { first, total } = framesWithin(facts.frames, facts.fps, range)
  const { indices, fps: sampledFps } = sampleFrames(total, facts.fps, { fps }, first)
  const { width, height } = smartResize(facts, frameLimits(indices.length, budget, usual), 'The video')
  const timesMs = indices.map((index) => facts.startMs + (1000 * index) / facts.fps)
  return {
    sample: { range, wishedFps: fps, fps: sampledFps, indices: [...indices], timesMs, width, height },
    tokens: Math.ceil(indices.length / PAIR) * sliceTokens({ width, height }),
  }
}

/** Tokens of one temporal slice, which is a pair of frames. */
export const sliceTokens = ({ width, height }: Size): number => (width * height) / PIXELS_PER_TOKEN

/** How large each of so many frames may be, in pixels: what is wished, within what the reference allows. */
export function frameLimits(frames: number, wished: PictureBudget | undefined, usual: PictureBudget): PictureBudget {
  const sane = wished && { minPixels: Math.min(wished.minPixels, MAX_FRAME_PIXELS), maxPixels: wished.maxPixels }
  const { minPixels, maxPixels } = videoBudget(frames, sane ?? {}, usual)
  const most = Math.floor(Math.max(maxPixels, PIXELS_PER_TOKEN))
  return { minPixels: Math.min(minPixels, most), maxPixels: most }
}
