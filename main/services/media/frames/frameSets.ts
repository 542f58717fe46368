import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, FrameSample, Sha256, say } from '#contract'
import type { FrameKey } from '#contract'
import { z } from 'zod'
import { encodePng } from '../../../lib/picture/pngChunks.ts'
import { cannotStore, checkFrameSize, checkPosterSize, receiveFrame, receivePixels } from './receiveFrame.ts'
import type { FrameMedia, FrameSet, FrameSets } from './types.ts'

const Size = z.object({ width: z.int().positive(), height: z.int().positive() })
const StoredSet = z.object({ sha: Sha256, sample: FrameSample, video: Size })

/** A set on the disk: its bytes, and when it was last used, in ms. */
export interface StoredSet {
  readonly key: FrameKey
  readonly sha: Sha256 | null
  readonly bytes: number
  readonly usedAt: number
}

/**
 * The folder of frames: `<first two digits>/<key>/` with `set.json`, which says what the set is and whose time of change
 * is that of its last use, and `<n>.png`; unfinished files in `incoming`.
 */
export interface FrameFiles {
  /** Writes what the set is, or what is new of it. */
  put(key: FrameKey, set: FrameSet): void
  /** null: there is none, or it cannot be read. */
  get(key: FrameKey): FrameSet | null
  frame(key: FrameKey, n: number): string
  /** Positions of the frames that are there. */
  stored(key: FrameKey): Set<number>
  touch(key: FrameKey): void
  temporary(): string
  /** Moves an unfinished frame to its place. */
  place(from: string, key: FrameKey, n: number): Promise<void>
  remove(key: FrameKey): void
  list(): Promise<StoredSet[]>
}

const SET = 'set.json'

/** Makes the folder where it is missing and clears what earlier runs left unfinished. One process per folder. */
export function frameFiles(folder: string): FrameFiles {
  const incoming = join(folder, 'incoming')
  rmSync(incoming, { recursive: true, force: true })
  mkdirSync(incoming, { recursive: true, mode: 0o700 })
  const place = (key: FrameKey) => join(folder, key.slice(0, 2), key)
  const frame = (key: FrameKey, n: number) => join(place(key), `${n}.png`)
  const temporary = () => join(incoming, randomUUID())

  const get = (key: FrameKey): FrameSet | null => {
    try {
      return StoredSet.parse(JSON.parse(readFileSync(join(place(key), SET), 'utf8')))
    } catch {
      return null
    }
  }

  async function facts(key: FrameKey): Promise<StoredSet> {
    const names = await readdir(place(key)).catch(() => [])
    const sizes = await Promise.all(
      names.map((name) =>
        stat(join(place(key), name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    )
    const usedAt = await stat(join(place(key), SET)).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    )
    return { key, sha: get(key)?.sha ?? null, bytes: sizes.reduce((sum, size) => sum + size, 0), usedAt }
  }

  return {
    put(key, set) {
      mkdirSync(place(key), { recursive: true, mode: 0o700 })
      const from = temporary()
      writeFileSync(from, JSON.stringify(set), { flush: true, mode: 0o600 })
      renameSync(from, join(place(key), SET))
    },
    get,
    frame,
    stored(key) {
      try {
        return new Set(
          readdirSync(place(key))
            .flatMap((name) => /^(\d+)\.png$/.exec(name)?.[1] ?? [])
            .map(Number),
        )
      } catch {
        return new Set()
      }
    },
    touch: (key) => utimesSync(join(place(key), SET), new Date(), new Date()),
    temporary,
    async place(from, key, n) {
      // a frame that a power cut left empty would be there for good
      if ((await stat(from)).size === 0) throw new Error('The frame is empty.')
      await rename(from, frame(key, n))
    },
    remove: (key) => rmSync(place(key), { recursive: true, force: true }),
    async list() {
      const sets: StoredSet[] = []
      for (const prefix of await readdir(folder)) {
        if (!/^[0-9a-f]{2}$/.test(prefix)) continue
        for (const key of await readdir(join(folder, prefix)))
          if (/^[0-9a-f]{64}$/.test(key)) sets.push(await facts(key))
      }
      return sets
    },
  }
}

/** The name of a set: over all that decides what its frames look like to the model. */
export function frameKey(sha: Sha256, { range, fps, indices, width, height }: FrameSample): FrameKey {
  const identity = [sha, range && [range.startMs, range.endMs], fps, indices, width, height]
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex')
}

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
      throw new AppError('NotFound', say`These frames were not asked for, or are gone. Add the video again.`, { key })
    return set
  }

  function known(key: FrameKey, n: number): FrameSet {
    const set = begun(key)
    const { length } = set.sample.indices
    if (n >= length)
      throw new AppError('NotFound', say`The video has no frame ${n} here; there are ${length}.`, { key, n })
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
          say`${absent.length || 'The'} frames of ${name} are not stored here. Add the video again, or wait until its frames are read.`,
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
        throw new AppError('NotFound', say`This frame is not stored here any more. Add the video again.`, { key, n })
      return { mime: 'image/png', bytes: facts.size, path }
    },

    async collect(isKnown) {
      const sets = await files.list()
      const gone = sets.filter(({ sha }) => sha === null || !isKnown(sha))
      const kept = sets.filter((set) => !gone.includes(set)).sort((a, b) => b.usedAt - a.usedAt)
      let bytes = 0
      // the one that was used last stays, however large it is
      const beyond = kept.filter((set, place) => (bytes += set.bytes) > maxBytes && place > 0)
      const removed = [...gone, ...beyond].map(({ key }) => key)
      for (const key of removed) files.remove(key)
      return removed
    },
  }
}
