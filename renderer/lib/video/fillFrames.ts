import { AppError, type FrameSample, type HostDescription, ErrorInfo } from '#contract'
import { frameUrl, posterUrl } from '../host.ts'
import { call } from '../rpc.ts'
import type { Frame, SampledFrame } from './types.ts'
import type { OpenVideo } from './video.ts'
import { connectionLost } from '../errors.ts'

/**
 * The browser keeps its own copy of what was sent until it collects garbage, and does not count it: hundreds of
 * megabytes
 * would gather. Memory that nobody touches takes no room, but is counted, and has the garbage collected every few
 * frames.
 */
const COUNTED_BYTES = 16 << 20
/** A call is kept by the bundler; an assignment that nobody reads is not. */
const counted = new Map<'last', ArrayBuffer>()

/**
 * Sends a frame's pixels to the core. @throws {AppError} What the core says, `Interrupted` when it cannot be reached or
 * `signal` aborts.
 */
export async function sendFrame(
  address: string,
  { width, height, format, pixels }: Frame,
  signal: AbortSignal,
): Promise<void> {
  counted.set('last', new ArrayBuffer(COUNTED_BYTES))
  let response: Response
  try {
    response = await fetch(`${address}?width=${width}&height=${height}&format=${format}`, {
      method: 'POST',
      body: pixels,
      signal,
    })
  } catch {
    throw signal.aborted ? new AppError('Interrupted', 'Reading the video was stopped.') : connectionLost()
  }
  if (response.ok) return
  const info = ErrorInfo.safeParse(await response.json().catch(() => null))
  throw info.success
    ? AppError.from(info.data)
    : new AppError('StorageFailed', `A frame could not be stored (status ${response.status}). Try again.`)
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
 * Has the core hold every frame of a sample of a stored video: those that it lacks are decoded in the video's thread
 * and
 * sent, one after the other; where this window cannot decode them, with the ffmpeg of this computer. Answers the set's
 * name.
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
  const times = video?.known.isDecodable ? (await video.read()).times : null
  const timed = times ? { ...sample, timesMs: sample.indices.map((index) => (times[index] ?? 0) * 1000) } : sample
  const { key, missing } = await call((core) => core.videos.begin({ sha, sample: timed }, { signal }))
  const total = sample.indices.length
  const left = new Set(missing)
  const tell = (): void => onFilled({ key, total, missing: [...left] })
  tell()
  if (left.size === 0) return key
  if (!video || !times) {
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
