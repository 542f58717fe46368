import { AppError, ErrorInfo, type FrameSample, type HostDescription } from '#contract'
import { connectionLost } from '../errors.ts'
import { frameUrl } from '../host.ts'
import { call } from '../rpc.ts'
import type { Frame } from './types.ts'
import type { OpenVideo } from './video.ts'

/** How far the core has the frames of a sample. `missing`: positions that it lacks, rising. */
export interface Filled {
  readonly key: string
  readonly total: number
  readonly missing: readonly number[]
}

/**
 * Has the core hold every frame of a sample of a stored video: those that it lacks are decoded here and sent, one after
 * the other; where this window cannot decode them, with the ffmpeg of this computer. Answers the set's name.
 *
 * @param video null: the core decodes.
 * @throws {AppError} `DamagedMedia`, `UnsupportedMedia` that names the codec, `Interrupted` when `signal` aborts, and what the core says.
 */
export async function fillFrames(
  host: HostDescription,
  video: OpenVideo | null,
  { sha, sample }: { readonly sha: string; readonly sample: FrameSample },
  onFilled: (filled: Filled) => void,
  signal: AbortSignal,
): Promise<string> {
  const isHere = video !== null && video.reading.isDecodable
  const timed = isHere ? { ...sample, timesMs: sample.indices.map((index) => (video.reading.times[index] ?? 0) * 1000) } : sample
  const { key, missing } = await call((core) => core.videos.begin({ sha, sample: timed }, { signal }))
  const total = sample.indices.length
  const left = new Set(missing)
  const tell = (): void => onFilled({ key, total, missing: [...left] })
  tell()
  if (left.size === 0) return key
  if (!isHere) {
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
  for await (const frame of video.frames([...places.keys()].sort((a, b) => a - b), sample, signal)) {
    for (const n of places.get(frame.index) ?? []) {
      await postFrame(frameUrl(host, key, n), frame, signal)
      left.delete(n)
      tell()
    }
  }
  if (left.size > 0) throw new AppError('Interrupted', 'Reading the video was stopped.')
  return key
}

async function postFrame(address: string, { width, height, rgba }: Frame, signal: AbortSignal): Promise<void> {
  let response: Response
  try {
    response = await fetch(`${address}?width=${width}&height=${height}&format=rgba`, { method: 'POST', body: rgba, signal })
  } catch {
    throw signal.aborted ? new AppError('Interrupted', 'Reading the video was stopped.') : connectionLost()
  }
  if (response.ok) return
  const info = ErrorInfo.safeParse(await response.json().catch(() => null))
  throw info.success ? AppError.from(info.data) : new AppError('StorageFailed', `A frame could not be stored (status ${response.status}). Try again.`)
}
