import type { DiskCache } from '../../cache/diskCache.ts'

const MEMORY_BYTES = 512 << 20

/** Vision embeddings, in memory (the least recently used dropped first) and on disk. */
export class EmbeddingCache {
  private readonly entries = new Map<string, Float32Array>()
  private readonly disk: DiskCache | null
  /** Names the projector that the embeddings come from. */
  private readonly projector: string
  private readonly maxBytes: number
  private bytes = 0

  constructor(disk: DiskCache | null, projector: string, maxBytes = MEMORY_BYTES) {
    this.disk = disk
    this.projector = projector
    this.maxBytes = maxBytes
  }

  /** The embedding of a medium, of `length` numbers; null when it has to be computed. */
  async get(key: string, length: number): Promise<Float32Array | null> {
    const found = this.entries.get(key)
    if (found) {
      this.entries.delete(key)
      this.entries.set(key, found)
      return found
    }
    const bytes = await this.disk?.get(this.projector, key)
    if (!bytes || bytes.length !== length * Float32Array.BYTES_PER_ELEMENT) return null
    const value = new Float32Array(length)
    new Uint8Array(value.buffer).set(bytes)
    this.keep(key, value)
    return value
  }

  async set(key: string, value: Float32Array): Promise<void> {
    this.keep(key, value)
    await this.disk?.set(this.projector, key, [new Uint8Array(value.buffer, value.byteOffset, value.byteLength)])
  }

  private keep(key: string, value: Float32Array): void {
    this.entries.set(key, value)
    this.bytes += value.byteLength
    for (const [oldest, dropped] of this.entries) {
      if (this.bytes <= this.maxBytes || oldest === key) break
      this.entries.delete(oldest)
      this.bytes -= dropped.byteLength
    }
  }
}
