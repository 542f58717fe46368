import { PIXELS_PER_TOKEN, type PictureBudget, type VideoFacts } from '#contract'
import { frameLimits, sampleVideo, sliceTokens } from './sampleVideo.ts'
import type { SampleWish } from './sampleVideo.ts'

/** What to ask of a video instead, so that it fits. */
export interface Proposal {
  readonly fps: number
  readonly budget: PictureBudget
  readonly frames: number
  readonly tokens: number
}

/** Frames are taken away rather than made smaller than this, in tokens. */
const READABLE = 64
const LEAST_TOKENS = 4
const LEAST_FRAMES = 4
/** How far a size is lowered when one that should fit does not: sides are whole tokens. */
const STEP = 0.85
const RATES = [30, 20, 10, 5, 4, 3, 2, 1, 0.5, 0.25, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001]

/**
 * A budget with which a video fits into `room` tokens: as many frames as leave each of them readable, then fewer; null
 * when a few of the smallest do not fit either. @throws AppError as `sampleVideo`.
 */
export function proposeSample(
  facts: VideoFacts,
  wish: SampleWish,
  usual: PictureBudget,
  room: number,
): Proposal | null {
  const whole = sampleVideo(facts, wish, usual).sample
  const readable = Math.min(READABLE, sliceTokens(whole))
  const rates = [whole.wishedFps, ...RATES.filter((rate) => rate < whole.fps)]
  let smallest: Proposal | null = null
  for (const fps of rates) {
    const frames = sampleVideo(facts, { ...wish, fps }, usual).sample.indices.length
    const perSlice = Math.floor(room / Math.ceil(frames / 2))
    if (perSlice >= LEAST_TOKENS) {
      const limits = narrowed(frameLimits(frames, wish.budget, usual), perSlice * PIXELS_PER_TOKEN)
      smallest = fitting(facts, { ...wish, fps }, usual, { room, limits })
      if (smallest && perSlice >= readable) return smallest
    }
    if (frames <= LEAST_FRAMES) break
  }
  return smallest
}

const narrowed = ({ minPixels, maxPixels }: PictureBudget, most: number): PictureBudget => ({
  minPixels: Math.floor(Math.min(minPixels, maxPixels, most)),
  maxPixels: Math.floor(Math.min(maxPixels, most)),
})

/** The largest size within the limits with which all frames fit. */
function fitting(
  facts: VideoFacts,
  wish: SampleWish & { fps: number },
  usual: PictureBudget,
  { room, limits }: { room: number; limits: PictureBudget },
): Proposal | null {
  for (let most = limits.maxPixels; most >= LEAST_TOKENS * PIXELS_PER_TOKEN; most *= STEP) {
    const budget = narrowed(limits, most)
    const { sample, tokens } = sampleVideo(facts, { ...wish, budget }, usual)
    if (tokens <= room) return { fps: wish.fps, budget, frames: sample.indices.length, tokens }
  }
  return null
}
