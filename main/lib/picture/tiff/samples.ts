import { endianness } from 'node:os'
import type { Layout } from './layout.ts'

/** Samples as numbers. */
export type Samples =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Float32Array
  | Float64Array

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
  const numbers = rows * count
  if (bits === 24) return threeBytes(bytes, numbers, row)
  // rows begin with a byte of their own
  if (![8, 16, 32, 64].includes(bits)) return packed(bytes, rows, row)
  // signed 8-bit samples are read by their bits, as libtiff and viewers do: most of them were never meant as signed
  if (bits === 8) return new Uint8Array(bytes.buffer, bytes.byteOffset, numbers)
  const stored = aligned(bytes, (numbers * bits) / 8, row)
  if (bits === 64)
    return format === 'float'
      ? new Float64Array(stored)
      : Float64Array.from(format === 'signed' ? new BigInt64Array(stored) : new BigUint64Array(stored), Number)
  if (bits === 32)
    return format === 'float'
      ? new Float32Array(stored)
      : format === 'signed'
        ? new Int32Array(stored)
        : new Uint32Array(stored)
  if (format === 'float') return Float32Array.from(new Uint16Array(stored), half)
  return format === 'signed' ? new Int16Array(stored) : new Uint16Array(stored)
}

/** A copy where numbers may begin, in the byte order of this computer. */
function aligned(bytes: Buffer, length: number, { bits, little }: Row): ArrayBuffer {
  const copy = new ArrayBuffer(length)
  const view = Buffer.from(copy)
  bytes.copy(view, 0, 0, length)
  if (little !== IS_LITTLE) {
    if (bits === 16) view.swap16()
    else if (bits === 32) view.swap32()
    else view.swap64()
  }
  return copy
}

const IS_LITTLE = endianness() === 'LE'

function threeBytes(bytes: Buffer, numbers: number, { format, little }: Row): Samples {
  const out = format === 'float' ? new Float32Array(numbers) : new Uint32Array(numbers)
  for (let n = 0; n < numbers; n++) {
    const value = little ? bytes.readUIntLE(n * 3, 3) : bytes.readUIntBE(n * 3, 3)
    out[n] = format === 'float' ? float24(value) : value
  }
  return out
}

/** Samples of any number of bits, the most significant first. */
function packed(bytes: Buffer, rows: number, { bytes: stride, count, bits }: Row): Samples {
  const out =
    bits <= 8
      ? new Uint8Array(rows * count)
      : bits <= 16
        ? new Uint16Array(rows * count)
        : new Uint32Array(rows * count)
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
