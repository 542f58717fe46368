import sharp from 'sharp'
import { decompressors, reverseBits, undoPredictor } from './decompress.ts'
import type { TiffFile } from './directory.ts'
import { Photometric, rowBytes, samplesInBlock } from './layout.ts'
import type { Layout } from './layout.ts'
import { unpackSamples } from './samples.ts'
import type { Samples } from './samples.ts'

/** A rectangle of the picture with all samples of its pixels, row by row, without padding. */
export interface Block {
  readonly x: number
  readonly y: number
  readonly columns: number
  readonly rows: number
  readonly values: Samples
}

/** A JPEG stream for one strip or tile, whatever form the file keeps it in; null where there is none. */
export type JpegOf = (packed: Buffer, columns: number, rows: number) => Buffer | null

/** Reads the strips and tiles of a page. What is cut off or cannot be unpacked is left out and counted. */
export class Blocks {
  private readonly file: TiffFile
  private readonly layout: Layout
  private readonly jpegOf: JpegOf | null
  private readonly across: number
  private readonly down: number
  /** Pixels that were not there in the last reading. */
  missing = 0

  constructor(file: TiffFile, layout: Layout, jpegOf: JpegOf | null) {
    this.file = file
    this.layout = layout
    this.jpegOf = jpegOf
    this.across = Math.ceil(layout.width / layout.blockWidth)
    this.down = Math.ceil(layout.height / layout.blockHeight)
  }

  /** All blocks that can be read, from the top; blocks at the edges only as far as the picture goes. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Block> {
    const { layout, across, down } = this
    this.missing = 0
    const planes = layout.separate ? layout.samples : 1
    for (let n = 0; n < across * down; n++) {
      const x = (n % across) * layout.blockWidth
      const y = Math.floor(n / across) * layout.blockHeight
      const columns = Math.min(layout.blockWidth, layout.width - x)
      const rows = Math.min(layout.blockHeight, layout.height - y)
      const parts: (Plane | null)[] = []
      for (let plane = 0; plane < planes; plane++) parts.push(await this.plane(plane * across * down + n, plane, rows))
      if (parts.some((part) => part === null)) this.missing += columns * rows
      else {
        const whole = parts as Plane[]
        const there = Math.min(rows, ...whole.map((part) => part.rows))
        this.missing += columns * (rows - there)
        if (there > 0) yield { x, y, columns, rows: there, values: interleave(whole, columns, there) }
      }
    }
  }

  /** The samples of one block; of separate channels of one. `rows`: of the picture that are in it. */
  private async plane(index: number, plane: number, rows: number): Promise<Plane | null> {
    const { layout, file } = this
    const offset = layout.offsets[index]
    const count = layout.counts[index]
    if (offset === undefined || count === undefined || count === 0) return null
    const packed = await file.read(offset, Math.min(count, 1 << 30))
    if (packed.length === 0) return null
    // tiles are stored whole, the last strip only as far as the picture goes
    const stored = layout.tiled ? layout.blockHeight : rows
    try {
      if (this.jpegOf) return await this.jpeg(packed, stored)
      return this.unpacked(layout.fillOrder === 2 ? reverseBits(Buffer.from(packed)) : packed, plane, stored)
    } catch {
      return null
    }
  }

  private async jpeg(packed: Buffer, stored: number): Promise<Plane | null> {
    const { blockWidth } = this.layout
    const stream = this.jpegOf!(packed, blockWidth, stored)
    if (!stream) return null
    const { data, info } = await sharp(stream, { failOn: 'none', limitInputPixels: blockWidth * (stored + 64) })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    const samples = samplesInBlock(this.layout)
    // sharp makes three channels of a grey JPEG
    if ((info.channels !== samples && samples !== 1) || info.width < blockWidth) return null
    const all = new Uint8Array(data.buffer, data.byteOffset, data.length)
    const values = info.channels === samples ? all : all.filter((_, i) => i % info.channels === 0)
    return { width: info.width, rows: Math.min(stored, info.height), samples, values }
  }

  private unpacked(packed: Buffer, plane: number, stored: number): Plane | null {
    const { layout, file } = this
    const { blockWidth, bits, format, subsampling, predictor, compression } = layout
    const decompress = decompressors[compression]!
    const samples = samplesInBlock(layout)
    const chroma = layout.photometric === Photometric.yCbCr && subsampling[0] * subsampling[1] > 1
    if (chroma && !layout.separate) return this.subsampled(decompress, packed, stored)
    const [across, down] = chroma && plane > 0 && plane < 3 ? subsampling : [1, 1]
    const columns = Math.ceil(blockWidth / across)
    const lines = Math.ceil(stored / down)
    const bytes = rowBytes(layout, columns)
    const bytesThere = decompress(packed, bytes * lines)
    const rows = Math.floor(bytesThere.length / bytes)
    const differs = predictor === 2 || predictor === 3
    // uncompressed bytes may be the caller's own
    const whole = differs && compression === 1 ? Buffer.from(bytesThere) : bytesThere
    if (differs) undoPredictor(whole, rows, { bytes, samples, bits, little: file.little }, predictor)
    const values = unpackSamples(whole, rows, { bytes, count: columns * samples, bits, format, little: file.little })
    const small = { width: columns, rows, samples, values }
    return across * down > 1 ? enlarged(small, across, down) : small
  }

  /** Pixels of one chroma sample stand together: their Y, row by row, then Cb and Cr. 8 bits. */
  private subsampled(
    decompress: (packed: Buffer, size: number) => Buffer,
    packed: Buffer,
    stored: number,
  ): Plane | null {
    const {
      blockWidth,
      bits,
      subsampling: [across, down],
      samples,
    } = this.layout
    if (bits !== 8 || samples !== 3) return null
    const unit = across * down + 2
    const unitsAcross = Math.ceil(blockWidth / across)
    const whole = decompress(packed, unitsAcross * Math.ceil(stored / down) * unit)
    if (this.layout.predictor === 2) return null
    const rows = Math.min(stored, Math.floor(whole.length / (unitsAcross * unit)) * down)
    const values = new Uint8Array(blockWidth * rows * 3)
    for (let y = 0, to = 0; y < rows; y++) {
      for (let x = 0; x < blockWidth; x++, to += 3) {
        const at = (Math.floor(y / down) * unitsAcross + Math.floor(x / across)) * unit
        values[to] = whole[at + (y % down) * across + (x % across)]!
        values[to + 1] = whole[at + across * down]!
        values[to + 2] = whole[at + across * down + 1]!
      }
    }
    return { width: blockWidth, rows, samples: 3, values }
  }
}

interface Plane {
  /** Pixels of a stored row. */
  readonly width: number
  readonly rows: number
  readonly samples: number
  readonly values: Samples
}

function enlarged({ width, rows, values }: Plane, across: number, down: number): Plane {
  const out = values.slice(0, 0).constructor as new (length: number) => Samples
  const large = new out(width * across * rows * down)
  for (let y = 0, to = 0; y < rows * down; y++) {
    const from = Math.floor(y / down) * width
    for (let x = 0; x < width * across; x++) large[to++] = values[from + Math.floor(x / across)]!
  }
  return { width: width * across, rows: rows * down, samples: 1, values: large }
}

/** The samples of all parts pixel by pixel, as many columns and rows as are wanted. */
function interleave(parts: readonly Plane[], columns: number, rows: number): Samples {
  const [first] = parts as [Plane]
  if (parts.length === 1 && first.width === columns) return first.values
  const samples = parts.reduce((sum, part) => sum + part.samples, 0)
  const out = first.values.slice(0, 0).constructor as new (length: number) => Samples
  const values = new out(columns * rows * samples)
  let channel = 0
  for (const part of parts) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const from = (y * part.width + x) * part.samples
        const to = (y * columns + x) * samples + channel
        for (let s = 0; s < part.samples; s++) values[to + s] = part.values[from + s]!
      }
    }
    channel += part.samples
  }
  return values
}
