import { crc32, deflateSync } from 'node:zlib'

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
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
    for (let i = 0; i < row; i++) filtered[to + 1 + i] = pixels[from + i]! - (i < CHANNELS ? 0 : pixels[from + i - CHANNELS]!)
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = BIT_DEPTH
  header[9] = RGB
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', deflateSync(filtered)), chunk('IEND', new Uint8Array())])
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(data.length, 0)
  framed.set(body, 4)
  framed.writeUInt32BE(crc32(body), body.length + 4)
  return framed
}
