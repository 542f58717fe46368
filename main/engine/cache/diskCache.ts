import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { crc32 } from 'node:zlib'

/** KV states of recent conversations take at most so much of the disk. */
export const MAX_STATE_BYTES = 2 * 2 ** 30
export const statesFolder = (cachePath: string): string => path.join(cachePath, 'states')
export const embeddingsFolder = (cachePath: string): string => path.join(cachePath, 'encoded')

const SUFFIX = '.bin'
const HEADER_BYTES = 8
/** The file of a write that has not ended, `NAME.bin.PID.part`. */
const PARTIAL = /\.bin\.(\d+)\.part$/
/** No write takes so long, ms: an older part belongs to a process that ended, even if another one has its number now. */
const MAX_WRITE_MS = 10 * 60_000

/**
 * What goes first when the folder is full. `files`: the file that was used longest ago. `series`: the last file of the
 * series that was used longest ago, because each file of a series is of no use without those before it.
 */
export type Eviction = 'files' | 'series'

/** What a file belongs to, and is deleted with: one thing, or any of several. */
export type Group = string | readonly string[]

/** What became of a write. `full`: there is no room for it, even with everything gone that may go before it. */
export type Written = 'stored' | 'full' | 'failed'

interface StoredFile {
  readonly file: string
  readonly size: number
  readonly usedMs: number
}

/**
 * A folder of things that can be computed again, bounded in size: the least recently used go first. A file that is
 * damaged or cannot be read counts as not there; a failed write is not an error. What the write of a killed process left
 * behind is removed.
 */
export class DiskCache {
  private readonly folder: string
  private readonly maxBytes: number
  private readonly eviction: Eviction
  /** At most so much is stored, as far as is known; null: the folder was not looked at yet. */
  private bytes: number | null = null

  constructor(folder: string, maxBytes: number, eviction: Eviction = 'files') {
    this.folder = folder
    this.maxBytes = maxBytes
    this.eviction = eviction
  }

  /** The bytes stored under `key` of `group`, at `index` of a series; null when there are none or they are damaged. */
  async get(group: Group, key: string, index?: number): Promise<Buffer | null> {
    const file = this.fileOf(group, key, index)
    try {
      const bytes = await readFile(file)
      const body = bytes.subarray(HEADER_BYTES)
      if (
        bytes.length < HEADER_BYTES ||
        bytes.readUInt32LE(0) !== crc32(body) ||
        bytes.readUInt32LE(4) !== body.length % 0x1_0000_0000
      ) {
        await rm(file, { force: true })
        return null
      }
      const now = new Date()
      await utimes(file, now, now)
      return body
    } catch {
      return null
    }
  }

  /** Stores `parts` one after the other under `key` of `group`, at `index` of a series; whole or not at all. */
  async set(group: Group, key: string, parts: readonly Uint8Array[], index?: number): Promise<Written> {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (HEADER_BYTES + length > this.maxBytes) return 'full'
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt32LE(
      parts.reduce((crc, part) => crc32(part, crc), 0),
      0,
    )
    header.writeUInt32LE(length % 0x1_0000_0000, 4)
    const file = this.fileOf(group, key, index)
    const partial = `${file}.${process.pid}.part`
    try {
      await mkdir(this.folder, { recursive: true })
      await writeFile(partial, [header, ...parts])
      await rename(partial, file)
      if (this.bytes !== null) this.bytes += HEADER_BYTES + length
      if (this.bytes !== null && this.bytes <= this.maxBytes) return 'stored'
      return (await this.evict(file)).has(file) ? 'full' : 'stored'
    } catch {
      await rm(partial, { force: true }).catch(() => {})
      return 'failed'
    }
  }

  /** Whether anything is stored of `group` under one of these keys, and whether under any other. */
  async keysOf(group: string, keys: readonly string[]): Promise<{ known: boolean; others: boolean }> {
    const names = await readdir(this.folder).catch(() => [])
    const found = names.map((name) => name.replace(SUFFIX, '').split('-')).filter(([owner]) => owner === short(group))
    const known = new Set(keys.map(short))
    return {
      known: found.some(([, key]) => known.has(key!)),
      others: found.some(([, key]) => !known.has(key!)),
    }
  }

  /** Deletes everything that belongs to one of these groups. */
  async deleteGroups(groups: readonly string[]): Promise<void> {
    const deleted = new Set(groups.map(short))
    for (const name of await readdir(this.folder).catch(() => []))
      if (name.split('-').some((part) => deleted.has(part)))
        await rm(path.join(this.folder, name), { force: true }).catch(() => {})
  }

  private fileOf(group: Group, key: string, index?: number): string {
    const groups = typeof group === 'string' ? [group] : group
    const place = index === undefined ? [] : [index]
    return path.join(this.folder, [...groups.map(short), short(key), ...place].join('-') + SUFFIX)
  }

  /**
   * Deletes what is over the limit and what killed processes left; returns the files that were over it. `written` counts as
   * used last: a file's own time may be some ms behind.
   */
  private async evict(written: string): Promise<ReadonlySet<string>> {
    const found = await Promise.all((await readdir(this.folder)).map((name) => this.look(name, written)))
    const partial = found.filter((file) => file !== null && PARTIAL.test(file.file)) as StoredFile[]
    const stored = found.filter((file) => file !== null && file.file.endsWith(SUFFIX)) as StoredFile[]
    let bytes = 0
    for (const { file, size, usedMs } of partial)
      if (isLeftBehind(file, usedMs)) await rm(file, { force: true })
      else bytes += size
    const over = new Set<string>()
    this.bytes = bytes
    for (const { file, size } of this.eviction === 'files' ? stored.sort(latestFirst) : bySeries(stored)) {
      bytes += size
      if (bytes <= this.maxBytes) this.bytes = bytes
      else {
        over.add(file)
        await rm(file, { force: true })
      }
    }
    return over
  }

  /** Null for a file that is gone meanwhile, as one that was being written is under its other name. */
  private async look(name: string, written: string): Promise<StoredFile | null> {
    const file = path.join(this.folder, name)
    const found = await stat(file).catch(() => null)
    return found && { file, size: found.size, usedMs: file === written ? Number.MAX_VALUE : found.mtimeMs }
  }
}

const latestFirst = (a: { usedMs: number }, b: { usedMs: number }): number => b.usedMs - a.usedMs

/** A file of a series: the name of the series and the file's place in it. */
const PLACE = /^(.*)-(\d+)\.bin$/

/** Sorts the series that was used last first, and the files of each by their place; their times do not tell it. */
function bySeries(files: readonly StoredFile[]): StoredFile[] {
  const used = new Map<string, number>()
  const placed = files.map((stored) => {
    const [, series = stored.file, index = '0'] = PLACE.exec(stored.file) ?? []
    used.set(series, Math.max(stored.usedMs, used.get(series) ?? 0))
    return { stored, series, index: Number(index) }
  })
  return placed
    .sort((a, b) => used.get(b.series)! - used.get(a.series)! || a.series.localeCompare(b.series) || a.index - b.index)
    .map(({ stored }) => stored)
}

/** Whether nobody is writing this part any more. */
function isLeftBehind(file: string, usedMs: number): boolean {
  const pid = Number(PARTIAL.exec(file)?.[1])
  if (Date.now() - usedMs > MAX_WRITE_MS) return true
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

const short = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32)
