import { AppError, PIXELS_PER_TOKEN, say } from '#contract'
import type { FrameSample, PictureBudget, Size, VideoFacts, VideoRange } from '#contract'
import { tokenPixels } from '../families/family.ts'
import type { VisionFacts } from '../families/family.ts'
import { roundHalfToEven, smartResize, smartResizeVideo } from '../picture/smartResize.ts'

/** What sampling has to know of how a family sees. */
export type VideoVision = Pick<VisionFacts, 'patchPixels' | 'videoForm'>

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

/** Limits of Qwen3-VL's processor: of all frames of a video together, in pixels. */
const ALL_FRAMES = { minPixels: 4096, maxPixels: 24_576 * 1024 }

/**
 * The size of a video's frames where the area of all is limited together, after `smart_resize` of Qwen3-VL's video
 * processor. `wished` and `usual` are of one frame and narrow it.
 */
export function timedFrameSize(
  size: Size,
  frames: number,
  wished: { readonly minPixels?: number | undefined; readonly maxPixels?: number | undefined },
  usual: PictureBudget,
  { name, token }: { readonly name: string; readonly token: number },
): Size {
  const counted = Math.ceil(frames / FRAMES_PER_SLICE) * FRAMES_PER_SLICE
  const most = Math.max(wished.maxPixels ?? usual.maxPixels, token * token) * counted
  const maxPixels = Math.min(ALL_FRAMES.maxPixels, most)
  const least = wished.minPixels === undefined ? ALL_FRAMES.minPixels : wished.minPixels * counted
  return smartResizeVideo(size, frames, { minPixels: Math.min(least, maxPixels), maxPixels }, name, token)
}

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
 * The same for Qwen3-VL, as `sample_frames` of its video processor chooses them: an odd count is as good as an even one, and
 * a video of fewer frames than are wanted gives all.
 */
export function sampleTimedFrames(
  total: number,
  videoFps: number,
  { fps = FPS }: SamplingRule = {},
  first = 0,
): SampledFrames {
  if (total < PAIR) throw tooShort(total, PAIR)
  const wanted = Math.floor((total / videoFps) * fps + ROUNDING)
  const count = Math.min(Math.max(wanted, MIN_FRAMES), MAX_FRAMES, total)
  const step = (total - 1) / (count - 1)
  return {
    indices: Array.from({ length: count }, (_, i) => roundHalfToEven(first + (i === count - 1 ? total - 1 : i * step))),
    fps: (count / total) * videoFps,
  }
}

/**
 * Which frames of a video, or of `total` frames of it from number `first` on, at `videoFps` the model sees: evenly spread
 * from the first to the last, as `smart_nframes` and `fetch_video` of qwen_vl_utils choose them.
 * @throws AppError InvalidInput when the video is shorter than a pair of frames, or than `rule.frames`.
 */
export function sampleFrames(total: number, videoFps: number, rule: SamplingRule = {}, first = 0): SampledFrames {
  const count = countFrames(total, videoFps, rule)
  if (!(count >= PAIR && count <= total)) throw tooShort(total, rule.frames ?? PAIR)
  return { indices: linspace(first, first + total - 1, count).map(roundHalfToEven), fps: (count / total) * videoFps }
}

function tooShort(total: number, wanted: number): AppError {
  const has = `The video has ${total} ${total === 1 ? 'frame' : 'frames'}; ${wanted} cannot be chosen from it.`
  return new AppError('InvalidInput', say`${has} Use a longer video, or one of its frames as a picture.`, {
    frames: total,
  })
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

/** How frames are wanted; unset: 2 per second, as large as the usual budget and the reference allow. */
export interface SampleRequest {
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
 * The frames that a model gets of a video, by the reference's rule for its family: which, when they are shown, and their
 * size. `usual`: the budget of pictures. @throws AppError InvalidInput for a range or a video of fewer than two frames,
 * UnsupportedMedia for one that is far wider than high.
 */
export function sampleVideo(
  facts: VideoFacts,
  { range, fps = FPS, budget }: SampleRequest,
  usual: PictureBudget,
  vision: VideoVision,
): Sampled {
  const { first, total } = framesWithin(facts.frames, facts.fps, range)
  const { indices, fps: sampledFps } = samplerOf(vision)(total, facts.fps, { fps }, first)
  const { width, height } = frameSizeOf(facts, indices.length, budget, usual, vision)
  const timesMs = indices.map((index) => facts.startMs + (1000 * index) / facts.fps)
  return {
    sample: { range, wishedFps: fps, fps: sampledFps, indices: [...indices], timesMs, width, height },
    tokens: Math.ceil(indices.length / PAIR) * (sliceTokens({ width, height }, vision) + stampTokens(vision)),
  }
}

/** How frames are chosen for a family. */
export const samplerOf = ({ videoForm }: VideoVision): typeof sampleFrames =>
  videoForm === 'timed' ? sampleTimedFrames : sampleFrames

function frameSizeOf(
  facts: VideoFacts,
  frames: number,
  budget: PictureBudget | undefined,
  usual: PictureBudget,
  vision: VideoVision,
): Size {
  const token = tokenPixels(vision)
  if (vision.videoForm === 'timed')
    return timedFrameSize(facts, frames, budget ?? {}, usual, { name: 'The video', token })
  return smartResize(facts, frameLimits(frames, budget, usual), 'The video', token)
}

/** Tokens of one temporal slice, which is a pair of frames. */
export const sliceTokens = ({ width, height }: Size, vision: VideoVision): number =>
  (width * height) / tokenPixels(vision) ** 2

/** Tokens of marks and time around a slice that stands by itself, as of "<123.4 seconds>". */
const stampTokens = ({ videoForm }: VideoVision): number => (videoForm === 'timed' ? 10 : 0)

/** How large each of so many frames may be, in pixels: what is wished, within what the reference allows. */
export function frameLimits(frames: number, wished: PictureBudget | undefined, usual: PictureBudget): PictureBudget {
  const sane = wished && { minPixels: Math.min(wished.minPixels, MAX_FRAME_PIXELS), maxPixels: wished.maxPixels }
  const { minPixels, maxPixels } = videoBudget(frames, sane ?? {}, usual)
  const most = Math.floor(Math.max(maxPixels, PIXELS_PER_TOKEN))
  return { minPixels: Math.min(minPixels, most), maxPixels: most }
}

/** The same, without a least size where the reference has one for all frames together. */
function limitsOf(
  frames: number,
  wished: PictureBudget | undefined,
  usual: PictureBudget,
  { videoForm, patchPixels }: VideoVision,
): PictureBudget {
  if (videoForm === 'whole') return frameLimits(frames, wished, usual)
  const least = tokenPixels({ patchPixels }) ** 2
  return { minPixels: wished?.minPixels ?? least, maxPixels: Math.max(wished?.maxPixels ?? usual.maxPixels, least) }
}

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
  wish: SampleRequest,
  usual: PictureBudget,
  room: number,
  vision: VideoVision,
): Proposal | null {
  const whole = sampleVideo(facts, wish, usual, vision).sample
  const readable = Math.min(READABLE, sliceTokens(whole, vision))
  const pixelsPerToken = tokenPixels(vision) ** 2
  const rates = [whole.wishedFps, ...RATES.filter((rate) => rate < whole.fps)]
  let smallest: Proposal | null = null
  for (const fps of rates) {
    const frames = sampleVideo(facts, { ...wish, fps }, usual, vision).sample.indices.length
    const perSlice = Math.floor(room / Math.ceil(frames / 2)) - stampTokens(vision)
    if (perSlice >= LEAST_TOKENS) {
      const limits = narrowed(limitsOf(frames, wish.budget, usual, vision), perSlice * pixelsPerToken)
      smallest = fitting(facts, { ...wish, fps }, usual, { room, limits, vision })
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
  wish: SampleRequest & { fps: number },
  usual: PictureBudget,
  { room, limits, vision }: { room: number; limits: PictureBudget; vision: VideoVision },
): Proposal | null {
  for (let most = limits.maxPixels; most >= LEAST_TOKENS * tokenPixels(vision) ** 2; most *= STEP) {
    const budget = narrowed(limits, most)
    const { sample, tokens } = sampleVideo(facts, { ...wish, budget }, usual, vision)
    if (tokens <= room) return { fps: wish.fps, budget, frames: sample.indices.length, tokens }
  }
  return null
}
