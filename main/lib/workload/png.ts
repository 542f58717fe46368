import { deflateSync } from 'node:zlib'
import { PNG_MARK, pngChunk } from '../picture/pngChunks.ts'

const BIT_DEPTH = 8
const RGB = 2
/** Each byte is stored as its difference to the one of the pixel before. */
const FILTER_SUB = 1
const CHANNELS = 3

/** A PNG file of 8-bit RGB pixels, row by row (PNG specification, third edition). */
export function encodePng(pixels: Uint8Array, width: number, height: number): Uint8Array {
  const row = width * CHANNELS
  const filtered = new Uint8Array((row + 1) * height)
  for (let y = 0; y < height; y++) {
    const from = y * row
    const to = y * (row + 1)
    filtered[to] = FILTER_SUB
    for (let i = 0; i < row; i++)
      filtered[to + 1 + i] = pixels[from + i]! - (i < CHANNELS ? 0 : pixels[from + i - CHANNELS]!)
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = BIT_DEPTH
  header[9] = RGB
  return Buffer.concat([
    PNG_MARK,
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(filtered)),
    pngChunk('IEND', new Uint8Array()),
  ])
}
