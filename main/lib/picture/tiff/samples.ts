import type { Layout } from './layout.ts'

/** Samples as numbers. */
export type Samples = Uint8Array | Uint16Array | Uint32Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array

interface Row {
  /** Bytes of a stored row, which begins with a byte of its own. */
  readonly bytes: number
  /** Samples of a row. */
  readonly count: number
  readonly bits: number
  readonly format: Layout['format']
  /** The byte order of the file. */
  readonly little: boolean
}

/** The samples of `rows` stored rows, one after the other. */
export function unpackSamples(bytes: Buffer, rows: number, row: Row): Samples {
  const { count, bits, format } = row
  const { little } = row
  const numbers = rows * count
  // signed 8-bit samples are read by their bits, as libtiff and viewers do: most of them were never meant as signed
  if (bits === 8) return row.bytes === count ? new Uint8Array(bytes.buffer, bytes.byteOffset, numbers) : packed(bytes, rows, row)
  if (bits === 16 && format === 'unsigned') return whole(new Uint16Array(numbers), 2, row, (at) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)))
  if (bits === 16 && format === 'signed') return whole(new Int16Array(numbers), 2, row, (at) => (little ? bytes.readInt16LE(at) : bytes.readInt16BE(at)))
  if (bits === 16) return whole(new Float32Array(numbers), 2, row, (at) => half(little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)))
  if (bits === 24 && format === 'float') return whole(new Float32Array(numbers), 3, row, (at) => float24(little ? bytes.readUIntLE(at, 3) : bytes.readUIntBE(at, 3)))
  if (bits === 32 && format === 'unsigned') return whole(new Uint32Array(numbers), 4, row, (at) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)))
  if (bits === 32 && format === 'signed') return whole(new Int32Array(numbers), 4, row, (at) => (little ? bytes.readInt32LE(at) : bytes.readInt32BE(at)))
  if (bits === 32) return whole(new Float32Array(numbers), 4, row, (at) => (little ? bytes.readFloatLE(at) : bytes.readFloatBE(at)))
  if (bits === 64) return whole(new Float64Array(numbers), 8, row, (at) => long(bytes, at, row))
  if (bits === 24) return whole(new Uint32Array(numbers), 3, row, (at) => (little ? bytes.readUIntLE(at, 3) : bytes.readUIntBE(at, 3)))
  return packed(bytes, rows, row)
}

function whole<T extends Samples>(out: T, size: number, { bytes: stride, count }: Row, read: (at: number) => number): T {
  for (let to = 0, start = 0; to < out.length; start += stride) {
    for (let n = 0; n < count; n++) out[to++] = read(start + n * size)
  }
  return out
}

function long(bytes: Buffer, at: number, { little, format }: Row): number {
  if (format === 'float') return little ? bytes.readDoubleLE(at) : bytes.readDoubleBE(at)
  if (format === 'signed') return Number(little ? bytes.readBigInt64LE(at) : bytes.readBigInt64BE(at))
  return Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at))
}

/** Samples of any number of bits, the most significant first. */
function packed(bytes: Buffer, rows: number, { bytes: stride, count, bits }: Row): Samples {
  const out = bits <= 8 ? new Uint8Array(rows * count) : bits <= 16 ? new Uint16Array(rows * count) : new Uint32Array(rows * count)
  let to = 0
  for (let y = 0; y < rows; y++) {
    let at = y * stride
    let held = 0
    let pool = 0
    for (let n = 0; n < count; n++) {
      while (held < bits) {
        // no more than 39 bits: exact in a double
        pool = pool * 256 + bytes[at++]!
        held += 8
      }
      const rest = 2 ** (held - bits)
      out[to++] = Math.floor(pool / rest)
      pool %= rest
      held -= bits
    }
  }
  return out
}

/** IEEE 754 binary16. */
function half(bits: number): number {
  return small(bits, { exponent: 5, mantissa: 10 })
}

/** 1 bit sign, 7 exponent, 16 mantissa (Adobe's TIFF Technical Note 3). */
function float24(bits: number): number {
  return small(bits, { exponent: 7, mantissa: 16 })
}

function small(bits: number, { exponent: width, mantissa: depth }: { exponent: number; mantissa: number }): number {
  const sign = bits >>> (width + depth) ? -1 : 1
  const exponent = (bits >>> depth) & ((1 << width) - 1)
  const mantissa = (bits & ((1 << depth) - 1)) / 2 ** depth
  const bias = 2 ** (width - 1) - 1
  if (exponent === 2 ** width - 1) return mantissa ? NaN : sign * Infinity
  return sign * (exponent === 0 ? mantissa * 2 ** (1 - bias) : (1 + mantissa) * 2 ** (exponent - bias))
}
