import { AppError } from '#contract'
import type { FrameKey, FrameSample, VideoFacts } from '#contract'
import type { Size } from '../../lib/picture/index.ts'
import { containerOf, decodeFrames, MAX_SIDE, probeVideo, readHead } from '../../lib/video/index.ts'
import type { FrameSets } from '../../services/videos/index.ts'

/** A stored video file; its size as shown in pixels, `codec` as far as it is known. */
export interface StoredVideo extends Size {
  readonly path: string
  readonly name: string
  readonly codec: string | null
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
  if (!container) throw new AppError('UnsupportedMedia', `${video.name} is no video that can be read. Convert it to MP4.`)
  const file = { path: video.path, name: video.name, demuxer: container.demuxer }
  const wanted = [...new Set(missing.map((n) => sample.indices[n]!))]
  const decoded = decodeFrames(file, wanted, { size: decodedSize(video, sample), signal })
  let waiting = [...missing]
  let stored = 0
  try {
    for (const index of wanted) {
      const { value: picture } = await decoded.next()
      if (!picture) return
      const { width, height, data } = picture
      for (const n of waiting.filter((one) => sample.indices[one] === index)) {
        await store(key, n, { width, height, format: 'rgb' }, once(data), signal)
        yield ++stored
      }
      waiting = waiting.filter((one) => sample.indices[one] !== index)
    }
  } catch (error) {
    throw unreadable(error, video)
  } finally {
    await decoded.return(undefined)
  }
}

/** Frames of a large video are made smaller on the way, where they stay larger than the model sees them. */
function decodedSize({ width, height }: Size, sample: Size): Size {
  const shrink = Math.min(1, MAX_SIDE / Math.max(width, height))
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
    return await probeVideo({ path, name, ...(container && { demuxer: container.demuxer }) }, signal)
  } catch (error) {
    throw unreadable(error, { name, codec: null })
  }
}

/** The window's advice for what the command line says in its own words. */
function unreadable(error: unknown, { name, codec }: Pick<StoredVideo, 'name' | 'codec'>): unknown {
  if (!(error instanceof AppError) || error.code !== 'NotYetSupported') return error
  const what = codec ? `The video codec of ${name}, ${codec},` : `The format of ${name}`
  const advice = 'Install ffmpeg on this computer, or convert the video to H.264 in an MP4 file.'
  const detail = { ...(codec && { codec }), ...error.detail }
  return new AppError('UnsupportedMedia', `${what} cannot be decoded by this window. ${advice}`, detail)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
