import { AppError, type FrameSample, type HostDescription } from '#contract'
import { frameUrl } from '../host.ts'
import { call } from '../rpc.ts'
import type { OpenVideo } from './video.ts'

/** How far the core has the frames of a sample. `missing`: positions that it lacks, rising. */
export interface Filled {
  readonly key: string
  readonly total: number
  readonly missing: readonly number[]
}

/**
 * Has the core hold every frame of a sample of a stored video: those that it lacks are decoded and sent by the video's
 * thread, one after the other; where this window cannot decode them, with the ffmpeg of this computer. Answers the set's name.
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
  const frames = [...places].sort(([a], [b]) => a - b).map(([index, all]) => ({ index, to: all.map((n) => frameUrl(host, key, n)) }))
  for await (const index of video.send(frames, sample, signal)) {
    for (const n of places.get(index) ?? []) left.delete(n)
    tell()
  }
  if (left.size > 0) throw new AppError('Interrupted', 'Reading the video was stopped.')
  return key
}
