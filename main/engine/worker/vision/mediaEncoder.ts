import { unlessAborted } from '#contract'
import type { Encoded } from '#contract'
import type { DiskCache } from '../../cache/diskCache.ts'
import type { ProjectorFacts } from '../../gguf/checkProjector.ts'
import type { Media } from './media.ts'
import type { Tower } from './towerInterface.ts'

const MEMORY_BYTES = 512 << 20

/** Vectors of a temporal slice, and where they came from. */
export interface EncodedSlice extends Encoded {
  readonly vectors: Float32Array
}

/** Vision embeddings, in memory (the least recently used dropped first) and on disk. */
export class EmbeddingCache {
  private readonly entries = new Map<string, { readonly vectors: Float32Array; readonly ms: number | null }>()
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
  async get(key: string, length: number): Promise<EncodedSlice | null> {
    const found = this.entries.get(key)
    if (found) {
      this.entries.delete(key)
      this.entries.set(key, found)
      return { ...found, from: 'memory' }
    }
    const bytes = await this.disk?.get(ownersOf(key), `${this.projector} ${key}`)
    if (!bytes || bytes.length !== length * Float32Array.BYTES_PER_ELEMENT) return null
    const vectors = new Float32Array(length)
    new Uint8Array(vectors.buffer).set(bytes)
    this.keep(key, vectors, null)
    return { vectors, ms: null, from: 'disk' }
  }

  /** Keeps the embedding of a medium, which took `ms` to compute. */
  async set(key: string, vectors: Float32Array, ms: number): Promise<void> {
    this.keep(key, vectors, ms)
    const bytes = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength)
    await this.disk?.set(ownersOf(key), `${this.projector} ${key}`, [bytes])
  }

  private keep(key: string, vectors: Float32Array, ms: number | null): void {
    this.entries.set(key, { vectors, ms })
    this.bytes += vectors.byteLength
    for (const [oldest, dropped] of this.entries) {
      if (this.bytes <= this.maxBytes || oldest === key) break
      this.entries.delete(oldest)
      this.bytes -= dropped.vectors.byteLength
    }
  }
}

/** The media that the frames of a slice are of, by `Media.sliceKey`: their digests up to a colon, which a frame's place follows. */
const ownersOf = (key: string): string[] => [...new Set(key.split('+').map((frame) => frame.split(':')[0]!))]

/** What looks at pictures. */
export type SliceEncoder = Pick<Tower, 'facts' | 'gpu' | 'encode'>

/** Hear how far a medium is encoded. */
export interface EncodeListeners {
  /** How many temporal slices are done, while there are more; may throw to end it. */
  readonly onSlice?: (done: number) => void
  /** How much of the slice after those is done, 0..1, in steps of a hundredth; nothing after a stop. */
  readonly onShare?: (done: number, share: number) => void
  /** Where the vectors of each slice came from, in their order. */
  readonly onEncoded?: (encoded: Encoded) => void
}

/** Encodes pictures and videos once: what was encoded before comes from the cache. */
export class MediaEncoder {
  private readonly tower: SliceEncoder
  private readonly cache: EmbeddingCache
  private encoding: string | null = null
  /** Is told when the processor begins to encode a temporal slice, and when it is done with it. */
  onEncoding: (goesOn: boolean) => void = () => {}
  /** Is told how long encoding took for each temporal slice of a medium, on average, and how many tokens one has. */
  onEncoded: (slice: { tokens: number; ms: number }) => void = () => {}
  /** The temporal slice being encoded, also when nobody waits for it any more. */
  private slice: Promise<unknown> = Promise.resolve()

  constructor(tower: SliceEncoder, cache: EmbeddingCache) {
    this.tower = tower
    this.cache = cache
  }

  get family(): ProjectorFacts['family'] {
    return this.tower.facts.family
  }

  /** The key of the medium being encoded right now. */
  get current(): string | null {
    return this.encoding
  }

  /**
   * The vectors of a medium, [tokens, row length]. Each temporal slice is kept by itself, so that a video that was
   * encoded in part, or shares pairs of frames with another one, is gone on with.
   * @throws AppError; the signal's reason, at once; what `onSlice` throws.
   */
  async encode(
    media: Media,
    signal: AbortSignal,
    { onSlice = () => {}, onShare = () => {}, onEncoded = () => {} }: EncodeListeners = {},
  ): Promise<Float32Array> {
    const { times, rows, columns } = media.grid
    const perSlice = rows * columns * this.tower.facts.rowLength
    this.encoding = media.key
    let [encoded, ms] = [0, 0]
    try {
      const out = times === 1 ? null : new Float32Array(times * perSlice)
      for (let t = 0; t < times; t++) {
        if (t > 0) onSlice(t)
        signal.throwIfAborted()
        const key = media.sliceKey(t)
        let kept = await this.cache.get(key, perSlice)
        if (!kept) {
          const started = performance.now()
          const vectors = await this.encodeSlice(await media.frames(t), signal, (share) => onShare(t, share))
          kept = { vectors, from: 'computed', ms: performance.now() - started }
          ms += kept.ms!
          encoded++
          if (!media.damaged()) await this.cache.set(key, vectors, kept.ms!)
        }
        const { vectors, ...source } = kept
        onEncoded(source)
        if (!out) return vectors
        out.set(vectors, t * perSlice)
      }
      return out!
    } finally {
      this.encoding = null
      if (encoded > 0) this.onEncoded({ tokens: rows * columns, ms: ms / encoded })
    }
  }

  private async encodeSlice(
    frames: Awaited<ReturnType<Media['frames']>>,
    signal: AbortSignal,
    onShare: (share: number) => void,
  ): Promise<Float32Array> {
    let percent = 0
    const slice = this.compute(frames, signal, (share) => {
      if (signal.aborted || Math.floor(share * 100) <= percent) return
      percent = Math.floor(share * 100)
      onShare(percent / 100)
    })
    this.slice = slice.catch(() => {})
    // native code looks up between two steps only, and one step on a large picture takes seconds
    return await unlessAborted(slice, signal)
  }

  private async compute(
    frames: Awaited<ReturnType<Media['frames']>>,
    signal: AbortSignal,
    onProgress: (share: number) => void,
  ): Promise<Float32Array> {
    if (this.tower.gpu) return this.tower.encode(frames, signal, onProgress)
    this.onEncoding(true)
    try {
      return await this.tower.encode(frames, signal, onProgress)
    } finally {
      this.onEncoding(false)
    }
  }

  /** Resolves when native code is done with what an aborted request left it with. */
  async rest(): Promise<void> {
    await this.slice
  }
}
