import { ANSWER_ROOM, AppError, TEMPLATE_ROOM } from '#contract'
import type { ExtractProgress, FrameKey, FrameSample, Model, PictureBudget, Sha256 } from '#contract'
import type { VideoAttachment, VideoFacts, VideoPlan, VideoWish } from '#contract'
import { proposeSample, sampleVideo, sliceTokens } from '../../lib/video/index.ts'
import type { AttachmentGateway } from '../../services/attachments/index.ts'
import type { Benchmarks } from '../../services/benchmarks/index.ts'
import type { Engine } from '../../services/engine/index.ts'
import type { Models } from '../../services/models/index.ts'
import type { SettingsService } from '../../services/settings/index.ts'
import type { FrameSets } from '../../services/videos/index.ts'
import { checkSample } from './checkSample.ts'
import { encodedPictures, encodingTime } from './encodingTime.ts'
import type { Encoded } from './encodingTime.ts'
import { extractFrames } from './extractFrames.ts'

export interface SampleVideoParts {
  readonly attachments: Pick<AttachmentGateway, 'get' | 'pathOf'>
  readonly frames: FrameSets
  readonly models: Pick<Models, 'chosen'>
  readonly settings: Pick<SettingsService, 'current'>
  readonly benchmarks: Pick<Benchmarks, 'list'>
  readonly engine: Pick<Engine, 'state'>
}

/** A stored video and the frames that are wanted of it. */
interface Wanted {
  readonly sha: Sha256
  readonly sample: FrameSample
}

/** From a video to the frames that a model gets of it. */
export interface SampleVideo {
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

/** The reference's rule, the chosen model's budget and the store of frames, put together. */
export function createSampleVideo({
  attachments,
  frames,
  models,
  settings,
  benchmarks,
  engine,
}: SampleVideoParts): SampleVideo {
  function videoOf(sha: Sha256): VideoAttachment {
    const attachment = attachments.get(sha)
    if (!attachment) throw new AppError('NotFound', 'This video is not stored here any more. Add it again.', { sha })
    if (attachment.kind === 'video') return attachment
    throw new AppError('InvalidInput', `${attachment.name} is a picture, not a video. Add it as a picture.`, { sha })
  }

  /** What encoding took in this run, where this model is the loaded one, and when it was measured. */
  function encodedBefore({ id, textPath, projectorPath }: Model): Encoded[] {
    const { model, encoding } = engine.state
    const isLoaded = model?.textPath === textPath && model.projectorPath === projectorPath
    return [...(isLoaded && encoding ? [encoding] : []), ...encodedPictures(benchmarks.list(id))]
  }

  function begin({ sha, sample }: Wanted): { key: FrameKey; missing: number[] } {
    const { name, width, height, frames: count } = videoOf(sha)
    checkSample(sample, { name, frames: count })
    return frames.begin({ sha, sample, video: { width, height } })
  }

  return {
    plan({ of, range, fps, budget, taken }) {
      const facts = typeof of === 'string' ? videoOf(of) : of
      const { model, overrides, contextTokens } = models.chosen()
      const usual: PictureBudget = overrides.budget ?? settings.current.budget ?? model.defaults.budget
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
        encodeMs: encodingTime(encodedBefore(model), { slices: Math.ceil(count / 2), tokens: sliceTokens(sample) }),
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
