import { createReadStream } from 'node:fs'
import { rm, stat, writeFile } from 'node:fs/promises'
import { AppError } from '#contract'
import type { FrameKey, Sha256 } from '#contract'
import { encodePng } from '../../../lib/picture/encodePng.ts'
import { frameFiles, frameKey } from './frameFiles.ts'
import { cannotStore, checkFrameSize, checkPosterSize, receiveFrame, receivePixels } from './receiveFrame.ts'
import type { FrameMedia, FrameSet, FrameSets } from './types.ts'

/** Room for frames on the disk, in bytes. */
const MAX_BYTES = 2 * 1024 ** 3

export interface FrameSetsOptions {
  /** Where the frames lie; made when missing. */
  readonly folder: string
  readonly media: FrameMedia
  /**
   * Keeps the picture that stands for a video in lists, unless there is one; `make` writes it to `target` and returns its
   * MIME type.
   */
  readonly keepPoster: (sha: Sha256, make: (target: string) => Promise<string>) => Promise<void>
  readonly maxBytes?: number
}

/** Opens the store of frames. */
export function createFrameSets({ folder, media, keepPoster, maxBytes = MAX_BYTES }: FrameSetsOptions): FrameSets {
  const files = frameFiles(folder)
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw cannotStore(error)
    }
  }

  function begun(key: FrameKey): FrameSet {
    const set = files.get(key)
    if (!set)
      throw new AppError('NotFound', 'These frames were not asked for, or are gone. Add the video again.', { key })
    return set
  }

  function known(key: FrameKey, n: number): FrameSet {
    const set = begun(key)
    const { length } = set.sample.indices
    if (n >= length)
      throw new AppError('NotFound', `The video has no frame ${n} here; there are ${length}.`, { key, n })
    return set
  }

  function missing(key: FrameKey, count: number): number[] {
    const stored = files.stored(key)
    return Array.from({ length: count }, (_, n) => n).filter((n) => !stored.has(n))
  }

  /** Runs `work` with the names of two unfinished files, which are removed afterwards. */
  async function withTemporary(work: (one: string, other: string) => Promise<void>): Promise<void> {
    const [one, other] = [files.temporary(), files.temporary()]
    try {
      await work(one, other)
    } catch (error) {
      throw error instanceof AppError ? error : cannotStore(error)
    } finally {
      await Promise.all([one, other].map((path) => rm(path, { force: true })))
    }
  }

  return {
    keyOf: frameKey,
    get: (key) => files.get(key),
    missing,

    begin(set) {
      const key = frameKey(set.sha, set.sample)
      guarded(() => files.put(key, set))
      return { key, missing: missing(key, set.sample.indices.length) }
    },

    paths(key, { sha, name }) {
      const set = files.get(key)
      const total = set?.sample.indices.length ?? 0
      const absent = missing(key, total)
      if (!set || absent.length > 0)
        throw new AppError(
          'FramesMissing',
          `${absent.length || 'The'} frames of ${name} are not stored here. Add the video again, or wait until its frames are read.`,
          { key, sha, name, total, missing: absent.length },
        )
      guarded(() => files.touch(key))
      return set.sample.indices.map((_, n) => files.frame(key, n))
    },

    async store(key, n, raw, body, signal) {
      const set = known(key, n)
      checkFrameSize(raw, set)
      const isResized = raw.format === 'rgb' && raw.width === set.sample.width && raw.height === set.sample.height
      const isWhole = raw.width === set.video.width && raw.height === set.video.height
      await withTemporary(async (temporary, target) => {
        let pixels: Uint8Array | null = null
        if (isResized) {
          pixels = await receivePixels(body, raw, signal)
          const png = await encodePng({ width: raw.width, height: raw.height, data: pixels })
          await writeFile(target, png, { flush: true, mode: 0o600 })
        } else {
          await receiveFrame(body, raw, temporary, signal)
          await media.frame(temporary, raw, set.sample, target)
        }
        await files.place(target, key, n)
        if (isResized && !isWhole) return
        await keepPoster(set.sha, async (poster) => {
          if (pixels) await writeFile(temporary, pixels, { mode: 0o600 })
          return media.poster(temporary, raw, poster)
        })
      })
    },

    async storePoster(key, raw, body, signal) {
      const { sha } = begun(key)
      checkPosterSize(raw)
      await withTemporary(async (temporary) => {
        await receiveFrame(body, raw, temporary, signal)
        await keepPoster(sha, (poster) => media.poster(temporary, raw, poster))
      })
    },

    async open(key, n) {
      const path = files.frame(key, n)
      const facts = await stat(path).catch(() => null)
      if (!facts?.isFile())
        throw new AppError('NotFound', 'This frame is not stored here any more. Add the video again.', { key, n })
      return { mime: 'image/png', bytes: facts.size, stream: () => createReadStream(path) }
    },

    async collect(isKnown) {
      const sets = await files.list()
      const gone = sets.filter(({ sha }) => sha === null || !isKnown(sha))
      const kept = sets.filter((set) => !gone.includes(set)).sort((a, b) => b.usedAt - a.usedAt)
      let bytes = 0
      // the one that was used last stays, however large it is
      const beyond = kept.filter((set, place) => (bytes += set.bytes) > maxBytes && place > 0)
      for (const { key } of [...gone, ...beyond]) files.remove(key)
      return gone.length + beyond.length
    },
  }
}
