import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { crc32 } from 'node:zlib'

const SUFFIX = '.bin'
const HEADER_BYTES = 8

/**
 * A folder of things that can be computed again, bounded in size: the least recently used go first. A file that is
 * damaged or cannot be read counts as not there; a failed write is not an error.
 */
export class DiskCache {
  private readonly folder: string
  private readonly maxBytes: number
  /** At most so much is stored, as far as is known; null: the folder was not looked at yet. */
  private bytes: number | null = null

  constructor(folder: string, maxBytes: number) {
    this.folder = folder
    this.maxBytes = maxBytes
  }

  /** The bytes stored under `key` of `group`; null when there are none or they are damaged. */
  async get(group: string, key: string): Promise<Buffer | null> {
    const file = this.fileOf(group, key)
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

  /** Stores `parts` one after the other under `key` of `group`; whole or not at all. */
  async set(group: string, key: string, parts: readonly Uint8Array[]): Promise<void> {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (length > this.maxBytes) return
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt32LE(
      parts.reduce((crc, part) => crc32(part, crc), 0),
      0,
    )
    header.writeUInt32LE(length % 0x1_0000_0000, 4)
    const file = this.fileOf(group, key)
    const partial = `${file}.${process.pid}.part`
    try {
      await mkdir(this.folder, { recursive: true })
      await writeFile(partial, [header, ...parts])
      await rename(partial, file)
      if (this.bytes !== null) this.bytes += HEADER_BYTES + length
      if (this.bytes === null || this.bytes > this.maxBytes) this.bytes = await this.evict()
    } catch {
      await rm(partial, { force: true }).catch(() => {})
    }
  }

  /** Deletes everything of a group. */
  async deleteGroup(group: string): Promise<void> {
    const names = await readdir(this.folder).catch(() => [])
    for (const name of names)
      if (name.startsWith(`${short(group)}-`)) await rm(path.join(this.folder, name), { force: true }).catch(() => {})
  }

  private fileOf(group: string, key: string): string {
    return path.join(this.folder, `${short(group)}-${short(key)}${SUFFIX}`)
  }

  /** Deletes what is over the limit; returns what is left, in bytes. */
  private async evict(): Promise<number> {
    const names = (await readdir(this.folder)).filter((name) => name.endsWith(SUFFIX))
    const files = await Promise.all(
      names.map(async (name) => ({
        file: path.join(this.folder, name),
        ...(await stat(path.join(this.folder, name))),
      })),
    )
    files.sort((a, b) => b.mtimeMs - a.mtimeMs)
    let bytes = 0
    let kept = 0
    for (const { file, size } of files) {
      bytes += size
      if (bytes > this.maxBytes) await rm(file, { force: true })
      else kept = bytes
    }
    return kept
  }
}

const short = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32)
