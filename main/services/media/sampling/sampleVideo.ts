import { ANSWER_ROOM, AppError, TEMPLATE_ROOM } from '#contract'
import type { ExtractProgress, FrameKey, FrameSample, PictureBudget, Sha256 } from '#contract'
import type { VideoAttachment, VideoFacts, VideoPlan, VideoWish } from '#contract'
import { proposeSample, sampleVideo, sliceTokens } from '../../../lib/video/index.ts'
import type { AttachmentGateway } from '../attachments/types.ts'
import type { FrameSets } from '../frames/types.ts'
import { checkSample } from './checkSample.ts'
import { encodingTime } from './encodingTime.ts'
import type { Encoded } from './encodingTime.ts'
import { extractFrames } from './extractFrames.ts'

/** What a plan has to know of the chosen model. */
export interface ModelRoom {
  /** Pixels per picture and frame where the wish names none. */
  readonly budget: PictureBudget
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
  plan(wish: VideoWish & { of: Sha256 | VideoFacts; taken: number }): VideoPlan
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
    if (!attachment) throw new AppError('NotFound', 'This video is not stored here any more. Add it again.', { sha })
    if (attachment.kind === 'video') return attachment
    throw new AppError('InvalidInput', `${attachment.name} is a picture, not a video. Add it as a picture.`, { sha })
  }

  function begin({ sha, sample }: Wanted): { key: FrameKey; missing: number[] } {
    const { name, width, height, frames: count } = videoOf(sha)
    checkSample(sample, { name, frames: count })
    return frames.begin({ sha, sample, video: { width, height } })
  }

  return {
    plan({ of, range, fps, budget, taken }) {
      const facts = typeof of === 'string' ? videoOf(of) : of
      const { budget: usual, contextTokens, encoded } = modelRoom()
      const wish = { range, fps, budget }
      const { sample, tokens } = sampleVideo(facts, wish, usual)
      const room = Math.max(0, contextTokens - taken - ANSWER_ROOM - TEMPLATE_ROOM)
      const key = typeof of === 'string' ? frames.keyOf(of, sample) : null
      const count = sample.indices.length
      return {
        sample,
        tokens,
        room,
        fits: tokens <= room,
        encodeMs: encodingTime(encoded, { slices: Math.ceil(count / 2), tokens: sliceTokens(sample) }),
        key,
        missing: key ? frames.missing(key, count) : sample.indices.map((_, n) => n),
        proposal: tokens <= room ? null : proposeSample(facts, wish, usual, room),
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
