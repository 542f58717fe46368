import { deflateSync } from 'node:zlib'
import { PNG_MARK, pngChunk } from './picture/pngChunks.ts'

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

/** A PNG of `side` x `side` pixels with soft colours; another one for every `number`. */
export function picture(number: number, side: number): Uint8Array {
  const pixels = new Uint8Array(side * side * 3)
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i += 3) {
      pixels[i] = 128 + 127 * Math.sin((x + 37 * number) / 29)
      pixels[i + 1] = 128 + 127 * Math.sin((y + 53 * number) / 41)
      pixels[i + 2] = 128 + 127 * Math.sin((x + y) / (23 + (number % 16)))
    }
  return encodePng(pixels, side, side)
}

const WORDS = (
  'amber bridge candle desert engine forest garden harbour island jacket kettle ladder meadow needle orchard pocket quarry river saddle ' +
  'timber umbrella valley window yellow zebra anchor basket copper dragon ember fountain glacier hammer ivory jungle kitchen lantern marble'
).split(' ')

/** Made-up text of `length` characters. Two numbers below 38 give texts that differ from the first letter or word on. */
export function prose(number: number, length: number): string {
  const words: string[] = []
  let characters = 0
  let state = number + 1
  for (let i = 0; characters < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const word = i === 0 ? WORDS[number % WORDS.length]! : WORDS[(state >>> 16) % WORDS.length]!
    words.push(word)
    characters += word.length + 1
  }
  return words.join(' ').slice(0, length)
}
