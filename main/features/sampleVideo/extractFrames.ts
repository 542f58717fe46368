import { AppError } from '#contract'
import type { FrameKey, FrameSample, VideoFacts } from '#contract'
import { containerOf, decodeFrames, probeVideo, readHead } from '../../lib/video/index.ts'
import type { FrameSets } from '../../services/videos/index.ts'

/** A stored video file; `codec` as far as it is known. */
export interface StoredVideo {
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
export async function* extractFrames(video: StoredVideo, { key, sample, missing, store }: Missing, signal?: AbortSignal): AsyncGenerator<number> {
  const container = containerOf(await readHead(video.path))
  if (!container) throw new AppError('UnsupportedMedia', `${video.name} is no video that can be read. Convert it to MP4.`)
  const file = { path: video.path, name: video.name, demuxer: container.demuxer }
  const wanted = [...new Set(missing.map((n) => sample.indices[n]!))]
  const decoded = decodeFrames(file, wanted, signal)
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

/** What a video is, for one that came without facts, as this computer's ffprobe tells it. Throws UnsupportedMedia without one, DamagedMedia. */
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
  return new AppError('UnsupportedMedia', `${what} cannot be decoded by this window. Install ffmpeg on this computer, or convert the video to H.264 in an MP4 file.`, {
    ...(codec && { codec }), ...error.detail,
  })
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
