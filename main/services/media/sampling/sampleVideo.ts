import { ANSWER_ROOM, AppError, MAX_FRAME_SIDE, PIXELS_PER_TOKEN, TEMPLATE_ROOM, codecName, say } from '#contract'
import type {
  ExtractProgress,
  FrameKey,
  FrameSample,
  PictureBudget,
  Sha256,
  Size,
  VideoAttachment,
  VideoFacts,
  VideoPlan,
  VideoRequest,
} from '#contract'
import {
  containerOf,
  openWithFfmpeg,
  proposeSample,
  readHead,
  sampleVideo,
  sliceTokens,
} from '../../../lib/video/index.ts'
import type { VisionFacts } from '../../../lib/families/family.ts'
import type { AttachmentGateway } from '../attachments/types.ts'
import type { FrameSets } from '../frames/types.ts'

/** Pixels of all frames of a set together: more than any plan gives, whose sides are rounded up to whole tokens. */
const MAX_PIXELS = 768 * 768 * PIXELS_PER_TOKEN * 1.6

/** Whether a sample can be one of this video. Throws InvalidInput. */
export function checkSample(
  { indices, width, height }: FrameSample,
  video: Pick<VideoAttachment, 'name' | 'frames'>,
): void {
  const refuse = (why: string) =>
    new AppError('InvalidInput', say`These frames are none of ${video.name}: ${why}. Add the video again.`)
  if (indices.some((index, n) => n > 0 && index < indices[n - 1]!)) throw refuse('they are not in order')
  if (indices.at(-1)! >= video.frames) throw refuse(`it has ${video.frames} frames`)
  const { length } = indices
  if (length * width * height > MAX_PIXELS) throw refuse(`${length} frames of ${width} x ${height} pixels are too many`)
}

/** How long encoding one picture or pair of frames of so many tokens took, in ms. */
export interface Encoded {
  readonly tokens: number
  readonly ms: number
}

/**
 * Estimated time to encode `slices` pairs of frames of so many tokens each, in ms: as long as the known picture or pair
 * whose tokens are nearest, by tokens. null when none is known.
 */
export function encodingTime(
  known: readonly Encoded[],
  { slices, tokens }: { slices: number; tokens: number },
): number | null {
  if (known.length === 0) return null
  const distance = (one: Encoded) => Math.abs(Math.log(one.tokens / tokens))
  const nearest = known.reduce((best, one) => (distance(one) < distance(best) ? one : best))
  return Math.round((nearest.ms / nearest.tokens) * tokens * slices)
}

/** A stored video file; its size as shown in pixels, `codec` as far as it is known. */
export interface StoredVideo extends Size {
  readonly path: string
  readonly name: string
  readonly codec: string | null
  readonly frames: number
}

/** Which frames are to be stored where. */
export interface Missing {
  readonly key: FrameKey
  readonly sample: FrameSample
  /** Positions in the sample. */
  readonly missing: readonly number[]
  readonly store: FrameSets['store']
}

/**
 * Decodes the missing frames with ffmpeg and stores one after the other; yields how many are stored so far.
 * @throws AppError UnsupportedMedia, which names the codec, without ffmpeg or where it cannot decode; DamagedMedia, Interrupted.
 */
export async function* extractFrames(
  video: StoredVideo,
  { key, sample, missing, store }: Missing,
  signal?: AbortSignal,
): AsyncGenerator<number> {
  const container = containerOf(await readHead(video.path))
  if (!container)
    throw new AppError('UnsupportedMedia', say`${video.name} is no video that can be read. Convert it to MP4.`)
  const opened = await openWithFfmpeg({ path: video.path, name: video.name, demuxer: container.demuxer }, signal).catch(
    (error: unknown) => {
      throw unreadable(error, video)
    },
  )
  // where the window's reader counts other frames than ffmpeg does, a frame is known by its time
  const isSame = opened.facts.frames === video.frames
  const places = Map.groupBy(missing, (n) =>
    isSame ? sample.indices[n]! : shownAt(opened.times, sample.timesMs[n]! / 1000),
  )
  let stored = 0
  try {
    const decoded = opened.frames(
      [...places.keys()].sort((a, b) => a - b),
      { size: decodedSize(video, sample), signal },
    )
    for await (const {
      index,
      picture: { width, height, data },
    } of decoded) {
      for (const n of places.get(index) ?? []) {
        await store(key, n, { width, height, format: 'rgb' }, once(data), signal)
        yield ++stored
      }
    }
  } catch (error) {
    throw unreadable(error, video)
  }
}

/** Times that differ by less are one, in seconds: readers round them. */
const CLOSE = 0.002

/** The place of the frame that is shown at a time. `times` are rising. */
function shownAt(times: Float64Array, time: number): number {
  const next = times.findIndex((one) => one > time + CLOSE)
  return Math.max(0, (next < 0 ? times.length : next) - 1)
}

/** Frames of a large video are made smaller on the way, where they stay larger than the model sees them. */
function decodedSize({ width, height }: Size, sample: Size): Size {
  const shrink = Math.min(1, MAX_FRAME_SIDE / Math.max(width, height))
  const smaller = { width: Math.round(width * shrink), height: Math.round(height * shrink) }
  return smaller.width >= sample.width && smaller.height >= sample.height ? smaller : { width, height }
}

/**
 * What a video is, for one that came without facts, as this computer's ffprobe tells it. Throws UnsupportedMedia without
 * one, DamagedMedia, Interrupted.
 */
export async function probeFacts(path: string, name: string, signal: AbortSignal | undefined): Promise<VideoFacts> {
  const container = containerOf(await readHead(path))
  try {
    return (await openWithFfmpeg({ path, name, ...(container && { demuxer: container.demuxer }) }, signal)).facts
  } catch (error) {
    throw unreadable(error, { name, codec: null })
  }
}

/** The window's advice for what the command line says in its own words. */
function unreadable(error: unknown, { name, codec }: Pick<StoredVideo, 'name' | 'codec'>): unknown {
  if (!(error instanceof AppError) || error.code !== 'NotYetSupported') return error
  const what = codec ? `The video codec of ${name}, ${codecName(codec)},` : `The format of ${name}`
  const advice = 'Install ffmpeg on this computer, or convert the video to H.264 in an MP4 file.'
  const detail = { ...(codec && { codec }), ...error.detail }
  return new AppError('UnsupportedMedia', say`${what} cannot be decoded by this window. ${advice}`, detail)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** What a plan has to know of the chosen model. */
export interface ModelRoom {
  /** Pixels per picture and frame where the wish names none. */
  readonly budget: PictureBudget
  /** How its family sees. */
  readonly vision: VisionFacts
  /** Size of its context in tokens. */
  readonly contextTokens: number
  /** How long encoding took, the latest first. */
  readonly encoded: readonly Encoded[]
}

export interface SamplingOptions {
  readonly attachments: Pick<AttachmentGateway, 'get' | 'pathOf'>
  readonly frames: FrameSets
  readonly modelRoom: () => ModelRoom
}

/** A stored video and the frames that are wanted of it. */
interface Wanted {
  readonly sha: Sha256
  readonly sample: FrameSample
}

/** From a video to the frames that a model gets of it. */
export interface Sampling {
  /** Which frames, what they cost, and what fits instead. Throws NotFound, InvalidInput, UnsupportedMedia. Stores nothing. */
  plan(wish: VideoRequest & { of: Sha256 | VideoFacts; taken: number }): VideoPlan
  /** Opens a set of frames. Throws NotFound, InvalidInput, StorageFailed. */
  begin(wanted: Wanted): { key: FrameKey; missing: number[] }
  /**
   * Stores the missing frames with this computer's own decoder; ends when all are there. Throws UnsupportedMedia,
   * DamagedMedia, Interrupted and as `begin`.
   */
  extract(wanted: Wanted, signal?: AbortSignal): AsyncGenerator<ExtractProgress>
}

/** Puts the reference's rule, the chosen model's budget and the store of frames together. */
export function createSampling({ attachments, frames, modelRoom }: SamplingOptions): Sampling {
  function videoOf(sha: Sha256): VideoAttachment {
    const attachment = attachments.get(sha)
    if (!attachment) throw new AppError('NotFound', say`This video is not stored here any more. Add it again.`, { sha })
    if (attachment.kind === 'video') return attachment
    throw new AppError('InvalidInput', say`${attachment.name} is a picture, not a video. Add it as a picture.`, { sha })
  }

  function begin({ sha, sample }: Wanted): { key: FrameKey; missing: number[] } {
    const { name, width, height, frames: count } = videoOf(sha)
    checkSample(sample, { name, frames: count })
    return frames.begin({ sha, sample, video: { width, height } })
  }

  return {
    plan({ of, range, fps, budget, taken }) {
      const facts = typeof of === 'string' ? videoOf(of) : of
      const { budget: usual, contextTokens, encoded, vision } = modelRoom()
      const wish = { range, fps, budget }
      const { sample, tokens } = sampleVideo(facts, wish, usual, vision)
      const room = Math.max(0, contextTokens - taken - ANSWER_ROOM - TEMPLATE_ROOM)
      const key = typeof of === 'string' ? frames.keyOf(of, sample) : null
      const count = sample.indices.length
      return {
        sample,
        tokens,
        room,
        fits: tokens <= room,
        encodeMs: encodingTime(encoded, { slices: Math.ceil(count / 2), tokens: sliceTokens(sample, vision) }),
        key,
        missing: key ? frames.missing(key, count) : sample.indices.map((_, n) => n),
        proposal: tokens <= room ? null : proposeSample(facts, wish, usual, room, vision),
      }
    },

    begin,

    async *extract(wanted, signal) {
      const { key, missing } = begin(wanted)
      const total = wanted.sample.indices.length
      yield { key, done: total - missing.length, total }
      if (missing.length === 0) return
      const { name, codec, width, height, frames: count } = videoOf(wanted.sha)
      const file = { path: attachments.pathOf(wanted.sha), name, codec, width, height, frames: count }
      const lacking = { key, sample: wanted.sample, missing, store: frames.store }
      const before = total - missing.length
      for await (const stored of extractFrames(file, lacking, signal)) yield { key, done: before + stored, total }
    },
  }
}
