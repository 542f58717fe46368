import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { FrameKey, FrameSample, PictureBudget, Sha256, VideoFacts, VideoRange } from './media.ts'

/** How frames are wanted of a video. Unset: the whole of it, 2 frames per second, the detail that the settings give. */
export const VideoRequest = z.object({
  range: VideoRange.nullable().default(null),
  /** Frames per second of the video's own time. */
  fps: z.number().min(0.001).max(120).optional(),
  /** Pixels of one frame. */
  budget: PictureBudget.optional(),
})
export type VideoRequest = z.infer<typeof VideoRequest>

/** Which frames the chosen model would get of a video, and what that costs. */
export const VideoPlan = z.object({
  sample: FrameSample,
  /** Exact tokens of the video in a prompt. */
  tokens: z.int(),
  /** Tokens of the context that are left for it. */
  room: z.int(),
  fits: z.boolean(),
  /**
   * Estimated time to encode all frames, from what this model took for the last picture or video, or when it was measured;
   * null: neither is known.
   */
  encodeMs: z.number().nullable(),
  /** Name of the set of frames; null while the video is not stored. */
  key: FrameKey.nullable(),
  /** Which frames of the set are not stored yet, as positions in `sample.indices`; all while the video is not stored. */
  missing: z.array(z.int()),
  /**
   * Where it does not fit: the same range with fewer frames per second or less detail, which does; null: nothing does, or it
   * fits.
   */
  proposal: z.object({ fps: z.number(), budget: PictureBudget, frames: z.int(), tokens: z.int() }).nullable(),
})
export type VideoPlan = z.infer<typeof VideoPlan>

/** Frames of a set that are stored, of all. */
export const ExtractProgress = z.object({ key: FrameKey, done: z.int(), total: z.int() })
export type ExtractProgress = z.infer<typeof ExtractProgress>

const FrameSetInput = z.object({ sha: Sha256, sample: FrameSample })

/**
 * From a video file to a question:
 *
 * 1. `POST <attachments>?name=...&facts=...` stores the file (see `HostDescription.attachments`).
 * 2. `plan` says which frames; again whenever the range, the frames per second or the detail change. It changes nothing.
 * 3. `begin` opens the set of frames and says which are missing. Each of those is decoded in the window, resized as the
 *    reference does to the size of `sample`, and goes to `POST <attachments>frames/<key>/<n>?width=...&height=...&format=rgb`,
 *    in any order, again if need be; `n` is the position in `sample.indices`. A frame in the video's own size is resized by
 *    the core. `POST <attachments>frames/<key>/poster` takes what stands for the video in lists, at most 512 x 512 pixels.
 *    Where the window cannot decode: `extract`.
 * 4. The draft part `{ type: 'video', key, name }` asks about it. FramesMissing from `ask.*` (detail: `key`, `sha`, `name`,
 *    `missing`, `total`) means step 3 again with the part's own `sample`: frames are a cache, bounded on disk.
 */
export const videos = {
  /** `of`: a stored video, or the facts of one that is not stored yet. `taken`: tokens of all else that is asked. */
  plan: oc
    .input(VideoRequest.extend({ of: z.union([Sha256, VideoFacts]), taken: z.int().min(0).default(0) }))
    .output(VideoPlan),
  /**
   * Opens a set of frames, new or begun before. `sample` is that of a plan or of a part; its `timesMs` may be replaced by
   * what the decoder found. NotFound for a video that is not stored, InvalidInput for a sample that is none of it.
   */
  begin: oc.input(FrameSetInput).output(z.object({ key: FrameKey, missing: z.array(z.int()) })),
  /**
   * Stores all missing frames by decoding with the ffmpeg of this computer; ends when done, aborting the call stops it and
   * keeps what is stored. UnsupportedMedia, which names the codec, where there is no ffmpeg or it cannot decode either.
   */
  extract: oc.input(FrameSetInput).output(eventIterator(ExtractProgress)),
}
