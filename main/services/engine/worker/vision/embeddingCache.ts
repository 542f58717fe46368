/** Vision embeddings in memory, the least recently used dropped first. */
export class EmbeddingCache {
  private readonly entries = new Map<string, Float32Array>()
  private readonly maxBytes: number
  private bytes = 0

  constructor(maxBytes = 512 << 20) {
    this.maxBytes = maxBytes
  }

  get(key: string): Float32Array | undefined {
    const found = this.entries.get(key)
    if (found) {
      this.entries.delete(key)
      this.entries.set(key, found)
    }
    return found
  }

  set(key: string, value: Float32Array): void {
    const before = this.entries.get(key)
    if (before) this.bytes -= before.byteLength
    this.entries.delete(key)
    this.entries.set(key, value)
    this.bytes += value.byteLength
    for (const [oldest, dropped] of this.entries) {
      if (this.bytes <= this.maxBytes || oldest === key) break
      this.entries.delete(oldest)
      this.bytes -= dropped.byteLength
    }
  }
}
