import { AppError } from '#contract'
import type { FrameSample, HostDescription, Part } from '#contract'
import { toAppError } from '../errors.ts'
import { frameUrl, pictureUrl, posterUrl, whenHost } from '../host.ts'
import { call } from '../rpc.ts'
import { sendBytes } from '../upload.ts'
import type { Frame, SampledFrame } from './types.ts'
import { openVideo } from './video.ts'
import type { OpenVideo } from './video.ts'

/**
 * The browser keeps its own copy of what was sent until it collects garbage, and does not count it: hundreds of
 * megabytes would gather. Memory that nobody touches takes no room, but is counted, and has the garbage collected every
 * few frames.
 */
const COUNTED_BYTES = 16 << 20
/** A call is kept by the bundler; an assignment that nobody reads is not. */
const counted = new Map<'last', ArrayBuffer>()

/**
 * Sends a frame's pixels to the core. @throws {AppError} What the core says, `Interrupted` when it cannot be reached or
 * `signal` aborts.
 */
async function sendFrame(
  address: string,
  { width, height, format, pixels }: Frame,
  signal: AbortSignal,
): Promise<void> {
  counted.set('last', new ArrayBuffer(COUNTED_BYTES))
  await sendBytes(`${address}?width=${width}&height=${height}&format=${format}`, new Uint8Array(pixels), signal).catch(
    (error: unknown) => {
      throw signal.aborted ? new AppError('Interrupted', 'Reading the video was stopped.') : error
    },
  )
}

/** The frames of a sample that the core has. `missing` are the positions that it lacks, rising. */
export interface Filled {
  readonly key: string
  readonly total: number
  readonly missing: readonly number[]
}

/** Begins to decode the frames of a sample, before the core has the video that they are of. */
export const startSampling = (
  video: OpenVideo,
  sample: FrameSample,
  signal: AbortSignal,
): AsyncGenerator<SampledFrame> =>
  video.sample(
    [...new Set(sample.indices)].sort((a, b) => a - b),
    sample,
    signal,
  )

/**
 * A sample with the times at which this window shows its frames, which need not be evenly apart; as it is where the window cannot
 * decode the video (null: has not opened it). @throws {AppError} `DamagedMedia`, `Interrupted`.
 */
export async function timedSample(video: OpenVideo | null, sample: FrameSample): Promise<FrameSample> {
  if (!video?.known.isDecodable) return sample
  const { times } = await video.read()
  return { ...sample, timesMs: sample.indices.map((index) => (times[index] ?? 0) * 1000) }
}

/**
 * Has the core hold every frame of a sample of a stored video: those that it lacks are decoded in the video's thread
 * and sent, one after the other; where this window cannot decode them, with the ffmpeg of this computer. Answers the
 * set's name.
 *
 * @param video null: the core decodes.
 * @param begun What `startSampling` gave for this sample, as long as nothing was taken from it.
 * @throws {AppError} `DamagedMedia`, `UnsupportedMedia` that names the codec, `Interrupted` when `signal` aborts, and
 * what the core says.
 */
export async function fillFrames(
  host: HostDescription,
  video: OpenVideo | null,
  { sha, sample }: { readonly sha: string; readonly sample: FrameSample },
  onFilled: (filled: Filled) => void,
  signal: AbortSignal,
  begun: AsyncGenerator<SampledFrame> | null = null,
): Promise<string> {
  const timed = await timedSample(video, sample)
  const { key, missing } = await call((core) => core.videos.begin({ sha, sample: timed }, { signal }))
  const total = sample.indices.length
  const left = new Set(missing)
  const tell = (): void => onFilled({ key, total, missing: [...left] })
  tell()
  if (left.size === 0) return key
  if (!video?.known.isDecodable) {
    await call(async (core) => {
      for await (const { done } of await core.videos.extract({ sha, sample: timed }, { signal })) {
        for (const n of missing.slice(0, Math.max(0, done - (total - missing.length)))) left.delete(n)
        tell()
      }
    })
    return key
  }
  // one frame of the file may stand at several places of a sample
  const places = Map.groupBy(missing, (n) => sample.indices[n] ?? 0)
  const frames = begun ?? startSampling(video, { ...sample, indices: [...places.keys()] }, signal)
  let face: Frame | null = null
  for await (const { index, frame, poster } of frames) {
    face ??= poster
    for (const n of places.get(index) ?? []) {
      await sendFrame(frameUrl(host, key, n), frame, signal)
      left.delete(n)
    }
    tell()
  }
  // a comfort of lists, which nobody has to wait for
  if (face) void sendFrame(posterUrl(host, key), face, signal).catch(() => {})
  if (left.size > 0) throw new AppError('Interrupted', 'Reading the video was stopped.')
  return key
}

/** A video of a question and the set of its frames. */
export type VideoPart = Extract<Part, { type: 'video' }>

/** A video whose frames are read again: how many of them the core has. */
export interface Rereading {
  readonly name: string
  readonly done: number
  readonly total: number
}

/** How many videos of one conversation are read again before a question gives up. */
const MOST = 64

/**
 * A request about a conversation whose videos' frames may have gone: they are a cache. Those that the core lacks are read
 * again from the stored files, then the request is made again.
 *
 * @param options.own Videos of the request itself, which no message has yet.
 * @param options.onReading Told how far a video is read, and null when the request is made again.
 * @throws {AppError} What the request throws, or `fillFrames`; `Interrupted` when `signal` aborts before the request is made.
 */
export async function withFrames<T>(
  conversationId: string | null,
  request: () => Promise<T>,
  options: {
    readonly signal: AbortSignal
    readonly onReading: (reading: Rereading | null) => void
    readonly own?: readonly VideoPart[]
  },
): Promise<T> {
  const { signal, onReading, own = [] } = options
  for (let round = 0; ; round++) {
    if (signal.aborted) throw new AppError('Interrupted', 'Reading the video was stopped.')
    try {
      return await request()
    } catch (thrown) {
      const { code, detail } = toAppError(thrown)
      if (code !== 'FramesMissing' || round >= MOST) throw thrown
      const key = String(detail?.['key'])
      const part = own.find((one) => one.key === key) ?? (await findVideo(conversationId, key))
      if (!part) throw thrown
      try {
        await readAgain(part, onReading, signal)
      } finally {
        onReading(null)
      }
    }
  }
}

/** The video of a conversation whose frames have this name. */
async function findVideo(id: string | null, key: string): Promise<VideoPart | null> {
  if (id === null) return null
  const media = await call((core) => core.conversations.media({ id }))
  const parts = media.map(({ part }) => part)
  return parts.find((part): part is VideoPart => part.type === 'video' && part.key === key) ?? null
}

async function readAgain(
  { attachment, sample }: VideoPart,
  onReading: (reading: Rereading) => void,
  signal: AbortSignal,
): Promise<void> {
  const { sha, name } = attachment
  const tell = (done: number): void => onReading({ name, done, total: sample.indices.length })
  tell(0)
  const host = await whenHost()
  // what this window has no reader for, the core reads
  const video = await openVideo(pictureUrl(host, sha) ?? '', signal).catch(() => null)
  try {
    await fillFrames(host, video, { sha, sample }, ({ total, missing }) => tell(total - missing.length), signal)
  } finally {
    video?.close()
  }
}
