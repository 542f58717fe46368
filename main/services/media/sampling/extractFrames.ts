import { AppError, codecName, MAX_FRAME_SIDE } from '#contract'
import type { FrameKey, FrameSample, Size, VideoFacts } from '#contract'
import { containerOf, openWithFfmpeg, readHead } from '../../../lib/video/index.ts'
import type { FrameSets } from '../frames/types.ts'

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
    throw new AppError('UnsupportedMedia', `${video.name} is no video that can be read. Convert it to MP4.`)
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
  return new AppError('UnsupportedMedia', `${what} cannot be decoded by this window. ${advice}`, detail)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
