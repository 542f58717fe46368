import { damaged } from './problems.ts'

/** The header of a projector lies in the first window; that of a language model takes several of the largest. */
const FIRST_WINDOW_BYTES = 64 << 10
const WINDOW_BYTES = 1 << 20
const HIGH = 2 ** 32

/** The bytes of a file, on this disk or still at a server. */
export interface ByteSource {
  /** Of the whole file. */
  readonly size: number
  /** Puts up to `length` bytes from `position` on into `target` at `offset`; answers how many, 0 at the end of the file. */
  read(target: Uint8Array, offset: number, length: number, position: number): Promise<number>
  close(): Promise<void>
}

/** Opens the file of that path for `ByteReader`. @throws AppError when it cannot; the signal's reason. */
export type OpenSource = (path: string, signal?: AbortSignal) => Promise<ByteSource>

/** Gets the bytes of a text where they lie in a window: from `start` up to `end`, of which nothing may be kept. */
export type Visit = (bytes: Buffer, start: number, end: number) => void

/**
 * Reads a file from its start through a window of 64 KiB, then of 1 MiB. `fill(n)` makes the next n bytes readable; the typed readers
 * then take them without waiting. Integers are little-endian; 64-bit ones come as doubles, exact up to 2^53.
 */
export class ByteReader {
  readonly path: string
  readonly size: number
  private readonly source: ByteSource
  private readonly signal: AbortSignal | undefined
  private window = Buffer.allocUnsafe(FIRST_WINDOW_BYTES)
  private start = 0
  private filled = 0
  private cursor = 0

  /** `path` is what messages call the file. */
  constructor(path: string, source: ByteSource, signal: AbortSignal | undefined) {
    this.path = path
    this.source = source
    this.size = source.size
    this.signal = signal
  }

  close(): Promise<void> {
    return this.source.close()
  }

  /** Bytes before the next one to be read. */
  get position(): number {
    return this.start + this.cursor
  }

  get remaining(): number {
    return this.size - this.position
  }

  /** Whether the next `bytes` bytes are readable without waiting. */
  has(bytes: number): boolean {
    return this.cursor + bytes <= this.filled
  }

  /** @throws AppError ModelDamaged when the file ends earlier; the signal's reason. */
  async fill(bytes: number): Promise<void> {
    if (this.has(bytes)) return
    this.signal?.throwIfAborted()
    if (bytes > this.remaining) throw this.ended()
    const rest = this.window.subarray(this.cursor, this.filled)
    // a window that grew for one long text shrinks again
    const isFirst = this.filled === 0 && this.start === 0 && bytes <= FIRST_WINDOW_BYTES
    const fits = isFirst || (bytes <= WINDOW_BYTES && this.window.length === WINDOW_BYTES)
    const window = fits ? this.window : Buffer.allocUnsafe(Math.max(bytes, WINDOW_BYTES))
    rest.copy(window)
    this.start += this.cursor
    this.filled = rest.length
    this.cursor = 0
    this.window = window
    while (this.filled < bytes) {
      const read = await this.source.read(window, this.filled, window.length - this.filled, this.start + this.filled)
      if (read === 0) throw this.ended()
      this.filled += read
    }
  }

  /** Goes over `bytes` bytes without reading them. @throws AppError ModelDamaged when the file ends earlier. */
  skip(bytes: number): void {
    if (bytes > this.remaining) throw this.ended()
    if (this.has(bytes)) {
      this.cursor += bytes
      return
    }
    this.start += this.cursor + bytes
    this.cursor = 0
    this.filled = 0
  }

  /**
   * Goes over up to `count` texts, each its length and its bytes, as far as they lie in the window whole and are no longer
   * than `most` bytes; gives how many those were.
   */
  texts(count: number, most: number, visit: Visit): number {
    const { window, filled } = this
    let at = this.cursor
    let done = 0
    while (done < count && at + 8 <= filled && window.readUInt32LE(at + 4) === 0) {
      const length = window.readUInt32LE(at)
      const end = at + 8 + length
      if (length > most || end > filled) break
      visit(window, at + 8, end)
      at = end
      done++
    }
    this.cursor = at
    return done
  }

  /** The 64-bit length that comes next, which stays to be read. */
  peekLength(): number {
    return this.window.readUInt32LE(this.cursor + 4) * HIGH + this.window.readUInt32LE(this.cursor)
  }

  u8(): number {
    return this.window.readUInt8(this.take(1))
  }
  i8(): number {
    return this.window.readInt8(this.take(1))
  }
  u16(): number {
    return this.window.readUInt16LE(this.take(2))
  }
  i16(): number {
    return this.window.readInt16LE(this.take(2))
  }
  u32(): number {
    return this.window.readUInt32LE(this.take(4))
  }
  i32(): number {
    return this.window.readInt32LE(this.take(4))
  }
  f32(): number {
    return this.window.readFloatLE(this.take(4))
  }
  f64(): number {
    return this.window.readDoubleLE(this.take(8))
  }
  u64(): number {
    const at = this.take(8)
    return this.window.readUInt32LE(at + 4) * HIGH + this.window.readUInt32LE(at)
  }
  i64(): number {
    const at = this.take(8)
    return this.window.readInt32LE(at + 4) * HIGH + this.window.readUInt32LE(at)
  }
  text(bytes: number, encoding: 'utf8' | 'latin1'): string {
    const at = this.take(bytes)
    return this.window.toString(encoding, at, at + bytes)
  }

  private take(bytes: number): number {
    const at = this.cursor
    this.cursor = at + bytes
    return at
  }

  private ended(): Error {
    return damaged(this.path, 'it ends in the middle of its header')
  }
}
