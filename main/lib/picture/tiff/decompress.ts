import { inflateSync, zstdDecompressSync } from 'node:zlib'

/**
 * Turns one strip or tile into its bytes; as many as are there when it is cut off. `size`: how many it has when whole.
 */
type Decompress = (packed: Buffer, size: number) => Buffer

/** The compressions that need nothing but bytes, by their number in TIFF. Fax, JPEG and WebP are not among them. */
export const decompressors: Readonly<Record<number, Decompress>> = {
  1: (bytes, size) => bytes.subarray(0, size),
  5: unpackLzw,
  8: inflate,
  32773: unpackBits,
  32946: inflate,
  50000: (bytes, size) => zstdDecompressSync(bytes, { maxOutputLength: Math.max(size, 1) }),
}

function inflate(packed: Buffer, size: number): Buffer {
  // what is there of a stream that is cut off; more than the size is no error of the picture
  return inflateSync(packed, { maxOutputLength: size + (1 << 16), finishFlush: 2 }).subarray(0, size)
}

function unpackBits(packed: Buffer, size: number): Buffer {
  const out = Buffer.alloc(size)
  let to = 0
  let from = 0
  while (from < packed.length && to < size) {
    const head = packed.readInt8(from++)
    if (head >= 0) {
      const length = Math.min(head + 1, size - to, packed.length - from)
      packed.copy(out, to, from, from + length)
      from += head + 1
      to += length
    } else if (head !== -128) {
      const length = Math.min(1 - head, size - to)
      out.fill(packed[from++] ?? 0, to, to + length)
      to += length
    }
  }
  return out.subarray(0, to)
}

const CLEAR = 256
const END = 257

/**
 * LZW as TIFF 6.0 has it: most significant bit first, one code earlier than GIF to the next width. Files of the years
 * before (they begin with 0 and an odd byte) have the bits the other way round and no early change.
 */
function unpackLzw(packed: Buffer, size: number): Buffer {
  const old = packed[0] === 0 && ((packed[1] ?? 0) & 1) === 1
  const early = old ? 0 : 1
  const out = Buffer.alloc(size)
  const prefix = new Uint16Array(4097)
  const last = new Uint8Array(4097)
  const lengths = new Uint16Array(4097)
  for (let code = 0; code < 256; code++) {
    last[code] = code
    lengths[code] = 1
  }
  let next = 258
  let width = 9
  let previous = -1
  let bits = 0
  let held = 0
  let from = 0
  let to = 0
  while (to < size) {
    while (held < width && from < packed.length) {
      const byte = packed[from++]!
      bits = old ? bits | (byte << held) : ((bits << 8) | byte) & 0xffffff
      held += 8
    }
    if (held < width) break
    const mask = (1 << width) - 1
    const code = old ? bits & mask : (bits >> (held - width)) & mask
    if (old) bits >>= width
    held -= width
    if (code === END) break
    if (code === CLEAR) {
      next = 258
      width = 9
      previous = -1
      continue
    }
    if (code > next || (code === next && previous < 0) || (code > 255 && code < 258)) break
    // a code that is only now made: the previous string and its own first byte
    const known = code < next ? code : previous
    const length = lengths[known]!
    let at = to + length - 1
    let symbol = known
    for (let n = length; n > 0; n--, at--) {
      if (at < size) out[at] = last[symbol]!
      symbol = prefix[symbol]!
    }
    const first = out[to]!
    to += length
    if (code === next && to < size) out[to] = first
    if (code === next) to += 1
    if (previous >= 0 && next < 4097) {
      prefix[next] = previous
      last[next] = first
      lengths[next] = lengths[previous]! + 1
      next++
    }
    if (next + early >= 1 << width && width < 12) width++
    previous = code
  }
  return out.subarray(0, Math.min(to, size))
}

/** Undoes the differences to the pixel before (predictor 2) or of floating point numbers (3), row by row, in place. */
export function undoPredictor(
  bytes: Buffer,
  rows: number,
  row: { readonly bytes: number; readonly samples: number; readonly bits: number; readonly little: boolean },
  predictor: number,
): void {
  for (let y = 0; y < rows; y++) {
    const line = bytes.subarray(y * row.bytes, (y + 1) * row.bytes)
    if (predictor === 3) undoFloat(line, row)
    else undoHorizontal(line, row)
  }
}

function undoHorizontal(
  line: Buffer,
  { samples, bits, little }: { samples: number; bits: number; little: boolean },
): void {
  const size = bits / 8
  const step = samples * size
  if (size === 1) for (let i = step; i < line.length; i++) line[i] = (line[i]! + line[i - step]!) & 255
  else {
    // sums carry from the least significant byte on
    for (let i = step; i + size <= line.length; i += size) {
      let carry = 0
      for (let n = 0; n < size; n++) {
        const at = little ? i + n : i + size - 1 - n
        const sum = line[at]! + line[at - step]! + carry
        line[at] = sum & 255
        carry = sum >> 8
      }
    }
  }
}

/** Bytes of one significance stand together, most significant first, as differences. */
function undoFloat(line: Buffer, { samples, bits, little }: { samples: number; bits: number; little: boolean }): void {
  for (let i = samples; i < line.length; i++) line[i] = (line[i]! + line[i - samples]!) & 255
  const size = bits / 8
  const count = Math.floor(line.length / size)
  const sorted = Buffer.from(line)
  for (let n = 0; n < count; n++)
    for (let b = 0; b < size; b++) line[n * size + (little ? size - 1 - b : b)] = sorted[b * count + n]!
}

/** The bits of every byte the other way round, in place (fill order 2). */
export function reverseBits(bytes: Buffer): Buffer {
  for (let i = 0; i < bytes.length; i++) {
    let byte = bytes[i]!
    byte = ((byte & 0x55) << 1) | ((byte >> 1) & 0x55)
    byte = ((byte & 0x33) << 2) | ((byte >> 2) & 0x33)
    bytes[i] = ((byte & 0x0f) << 4) | (byte >> 4)
  }
  return bytes
}
