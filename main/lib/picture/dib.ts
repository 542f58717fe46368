import type { RawPixels } from './rawTiff.ts'

/** The header of a Windows or OS/2 bitmap. Sizes in pixels. */
export interface DibHeader {
  readonly width: number
  readonly height: number
  /** The first stored row is the top one. */
  readonly topDown: boolean
  readonly bits: number
  readonly compression: number
  /** Which bits of a pixel are red, green, blue and alpha; null: the pixel is a number in the palette. */
  readonly masks: readonly [number, number, number, number] | null
  /** Red, green, blue per entry. */
  readonly palette: Uint8Array
  /** Where the pixels begin when the file does not say. */
  readonly end: number
  /** The ICC profile inside, if any. */
  readonly icc: Buffer | null
}

/** Pixels that a packed bitmap may jump over. */
const MAX_UNTOUCHED = 4_000_000

const RLE8 = 1
export const RLE4 = 2
const BITFIELDS = 3
const ALPHA_BITFIELDS = 6

/** Compressions that hold another file, by what it is. */
export const embedded: Readonly<Record<number, string>> = { 4: 'JPEG', 5: 'PNG' }

/**
 * Reads the header at `at` and the palette behind it. Null: it is none of the known forms (12, 16, 40, 52, 56, 64, 108 and 124
 * bytes), or says something that none of them may.
 */
export function readDibHeader(bytes: Buffer, at: number): DibHeader | null {
  if (at + 12 > bytes.length) return null
  const size = bytes.readUInt32LE(at)
  if (![12, 16, 40, 52, 56, 64, 108, 124].includes(size) || at + size > bytes.length) return null
  const core = size === 12
  const width = core ? bytes.readUInt16LE(at + 4) : bytes.readInt32LE(at + 4)
  const stored = core ? bytes.readUInt16LE(at + 6) : bytes.readInt32LE(at + 8)
  const bits = bytes.readUInt16LE(at + (core ? 10 : 14))
  const compression = size >= 40 ? bytes.readUInt32LE(at + 16) : 0
  const known =
    compression === RLE8
      ? [8]
      : compression === RLE4
        ? [4]
        : compression === 0
          ? [1, 2, 4, 8, 16, 24, 32]
          : compression in embedded
            ? [0, bits]
            : [16, 32]
  if (
    width <= 0 ||
    stored === 0 ||
    compression > ALPHA_BITFIELDS ||
    (size === 64 && compression > RLE4) ||
    !known.includes(bits)
  )
    return null
  const masked = compression === BITFIELDS || compression === ALPHA_BITFIELDS
  // the plain header has its masks behind it, longer ones inside
  const masksBehind = masked && size === 40 ? (compression === BITFIELDS ? 12 : 16) : 0
  const paletteAt = at + size + masksBehind
  const entry = core ? 3 : 4
  const wanted = bits > 8 ? 0 : Math.min(1 << bits, (size >= 40 && bytes.readUInt32LE(at + 32)) || 1 << bits)
  const colours = Math.min(wanted, Math.max(0, Math.floor((bytes.length - paletteAt) / entry)))
  const palette = new Uint8Array(colours * 3)
  for (let i = 0; i < colours; i++)
    for (let c = 0; c < 3; c++) palette[i * 3 + c] = bytes[paletteAt + i * entry + 2 - c]!
  const unused = size >= 40 && bits > 8 ? bytes.readUInt32LE(at + 32) * 4 : 0
  return {
    width,
    height: Math.abs(stored),
    topDown: stored < 0,
    bits,
    compression,
    masks:
      bits <= 8
        ? null
        : masked
          ? readMasks(bytes, at + 40, size >= 56 || masksBehind === 16)
          : bits === 16
            ? [0x7c00, 0x3e0, 0x1f, 0]
            : [0xff0000, 0xff00, 0xff, 0],
    palette,
    end: paletteAt + wanted * entry + Math.min(unused, 1024),
    icc: size === 124 ? profileOf(bytes, at) : null,
  }
}

function readMasks(bytes: Buffer, at: number, alpha: boolean): [number, number, number, number] | null {
  if (at + 16 > bytes.length) return null
  return [
    bytes.readUInt32LE(at),
    bytes.readUInt32LE(at + 4),
    bytes.readUInt32LE(at + 8),
    alpha ? bytes.readUInt32LE(at + 12) : 0,
  ]
}

/** A version 5 header may say that a profile is embedded. */
function profileOf(bytes: Buffer, at: number): Buffer | null {
  if (bytes.toString('latin1', at + 56, at + 60) !== 'DEBM') return null
  const start = at + bytes.readUInt32LE(at + 112)
  const icc = bytes.subarray(start, start + bytes.readUInt32LE(at + 116))
  return icc.length > 128 ? Buffer.from(icc) : null
}

/** Bytes of one stored row. */
export const dibStride = (width: number, bits: number): number => Math.ceil((width * bits) / 32) * 4

/**
 * The pixels at `at`, RGBA, top row first, and how many rows are there: rows that are missing are left out, white and
 * transparent. Alpha is opaque where the header names none, or all of it is 0.
 */
export function readDibPixels(bytes: Buffer, at: number, header: DibHeader): { raw: RawPixels; rows: number } {
  const { width, height, bits, masks, compression } = header
  const packed = compression === RLE8 || compression === RLE4
  // a run is two bytes for 255 pixels at most; nothing is set aside for what the file cannot hold
  const most = packed
    ? (bytes.length - at) * 255 + MAX_UNTOUCHED
    : bytes.length - at < dibStride(width, bits)
      ? 0
      : Infinity
  if (width * height > most) throw new Error('the pixels are missing')
  const data = new Uint8Array(width * height * 4).fill(255)
  const raw: RawPixels = { data, width, height, channels: 4, bits: 8 }
  const rowAt = (row: number) => (header.topDown ? row : height - 1 - row) * width * 4
  if (packed) return { raw, rows: readRle(bytes, at, header, data, rowAt) }
  const stride = dibStride(width, bits)
  const rows = Math.min(height, Math.max(0, Math.floor((bytes.length - at) / stride)))
  const scales = masks?.map(scaleOf)
  for (let row = 0; row < rows; row++) {
    const from = at + row * stride
    let to = rowAt(row)
    for (let x = 0; x < width; x++, to += 4) {
      if (!masks || !scales) {
        const perByte = 8 / bits
        const byte = bytes[from + Math.floor(x / perByte)]!
        paint(data, to, header.palette, (byte >> ((perByte - 1 - (x % perByte)) * bits)) & ((1 << bits) - 1))
        continue
      }
      const pixel =
        bits === 16
          ? bytes.readUInt16LE(from + x * 2)
          : bits === 24
            ? bytes.readUIntLE(from + x * 3, 3)
            : bytes.readUInt32LE(from + x * 4)
      for (let c = 0; c < 3; c++) data[to + c] = scales[c]!(pixel)
      if (masks[3]) data[to + 3] = scales[3]!(pixel)
    }
  }
  if (masks?.[3]) opaqueWhereUnused(data)
  return { raw, rows }
}

/** Where every alpha is 0 nobody meant it. */
export function opaqueWhereUnused(data: Uint8Array): void {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 0) return
  for (let i = 3; i < data.length; i += 4) data[i] = 255
}

/** How the bits of a mask become 0 to 255. */
function scaleOf(mask: number): (pixel: number) => number {
  if (mask === 0) return () => 0
  const shift = 31 - Math.clz32(mask & -mask)
  const most = mask >>> shift
  return (pixel) => Math.round((((pixel & mask) >>> shift) * 255) / most)
}

function paint(data: Uint8Array, to: number, palette: Uint8Array, index: number): void {
  for (let c = 0; c < 3; c++) data[to + c] = palette[index * 3 + c] ?? 0
}

/** Returns how many rows were begun or are skipped on purpose. Pixels that are jumped over stay white. */
function readRle(
  bytes: Buffer,
  start: number,
  header: DibHeader,
  data: Uint8Array,
  rowAt: (row: number) => number,
): number {
  const { width, height, palette } = header
  const four = header.compression === RLE4
  let [x, y] = [0, 0]
  const put = (index: number) => {
    if (x < width && y < height) paint(data, rowAt(y) + x * 4, palette, index)
    x++
  }
  const half = (byte: number, i: number) => (four ? (i % 2 === 0 ? byte >> 4 : byte & 15) : byte)
  for (let at = start; at + 2 <= bytes.length && y < height; ) {
    const [count, value] = [bytes[at]!, bytes[at + 1]!]
    at += 2
    if (count > 0) for (let i = 0; i < count; i++) put(half(value, i))
    else if (value === 0) [x, y] = [0, y + 1]
    else if (value === 1) return height
    else if (value === 2) {
      x += bytes[at] ?? 0
      y += bytes[at + 1] ?? 0
      at += 2
    } else {
      for (let i = 0; i < value; i++) put(half(bytes[at + (four ? i >> 1 : i)] ?? 0, i))
      const length = four ? Math.ceil(value / 2) : value
      at += length + (length % 2)
    }
  }
  return y
}
