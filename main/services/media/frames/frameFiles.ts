import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { readdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { FrameSample, Sha256 } from '#contract'
import type { FrameKey } from '#contract'
import type { FrameSet } from './types.ts'

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
