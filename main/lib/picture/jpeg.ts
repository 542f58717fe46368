import { lax, libvipsPicture, readMetadata, toSrgb } from './libvips.ts'
import type { OpenReader } from './reader.ts'
import {
  LESS_SHARP,
  PARTS_WRONG,
  WHOLE_WITHOUT_END,
  dropAfter,
  firstDifference,
  readRawPixels,
  shown,
} from './salvage.ts'
import type { Salvaged } from './salvage.ts'

const END = Buffer.from([0xff, 0xd9])
/** Bytes that may stand after the end mark. */
const TRAILER = 64
/** Bytes of noise after a cut: what a decoder makes of them tells which pixels it made up. */
const NOISE = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 24) % 255))

/** What libjpeg says of data that are cut or changed; its other warnings, of odd headers, are no damage. */
const DAMAGE = /premature|corrupt|bad huffman|truncated/i

/** JPEG. One that is cut off is shown as far as it goes. */
export const openJpeg: OpenReader = async (file) => {
  const metadata = await readMetadata(file)
  const orientation = metadata.orientation ?? 1
  return {
    ...libvipsPicture('jpeg', file.input, metadata),
    pixels: (turn) => toSrgb(file.input, metadata, turn, { ...lax, failOn: 'warning' }),
    salvage: async (error) => {
      if (!DAMAGE.test(String(error)))
        return { pixels: await toSrgb(file.input, metadata, 'shown', { ...lax, failOn: 'error' }), notes: [] }
      const bytes = await file.read()
      const read = async (input: Buffer) => readRawPixels(await toSrgb(input, metadata, 'stored', lax))
      return salvageJpeg(bytes, read, orientation)
    },
  }
}

async function salvageJpeg(
  all: Buffer,
  read: (input: Buffer) => ReturnType<typeof readRawPixels>,
  orientation: number,
): Promise<Salvaged> {
  const { blockRows, progressive, scans, end } = structure(all)
  if (scans === 0) throw new Error('cut before the first pixel')
  const ended = all.lastIndexOf(END)
  const spoiled = ended > all.length - TRAILER
  const bytes = all.subarray(0, spoiled ? ended : end)
  const raw = await read(bytes)
  if (progressive && scans > 1) return shown(raw, orientation, [spoiled ? PARTS_WRONG : LESS_SHARP])
  const other = await read(Buffer.concat([bytes, NOISE]))
  const from = firstDifference(raw, other)
  if (from === Infinity) return shown(raw, orientation, [spoiled ? PARTS_WRONG : WHOLE_WITHOUT_END])
  // colour is smoothed over the edges of blocks, so that the row or column before the first lost block differs too
  const { width, channels } = raw
  const top = Math.floor((Math.floor(from / width) + 1) / blockRows) * blockRows
  let column = width
  for (let y = top; y < Math.min(raw.height, top + blockRows); y++) {
    const row = y * width * channels
    for (let i = 0; i < column * channels; i++)
      if (raw.data[row + i] !== other.data[row + i]) column = Math.floor(i / channels)
  }
  // and where colours are stored at half the height, the two rows above are coloured in part by what is made up
  const smoothed = blockRows > 8 ? Math.min(top, 2) : 0
  const kept = { rows: blockRows + smoothed, column: Math.floor((column + 1) / 8) * 8 }
  const salvaged = dropAfter(raw, (top - smoothed) * width, orientation, kept)
  return spoiled ? { ...salvaged, notes: [...salvaged.notes, PARTS_WRONG] } : salvaged
}

/**
 * How many rows one row of blocks has, whether the file is progressive, how many scans begin in it, and where its last whole
 * part ends.
 */
function structure(bytes: Buffer): { blockRows: number; progressive: boolean; scans: number; end: number } {
  const found = { blockRows: 8, progressive: false, scans: 0, end: bytes.length }
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return found
    const marker = bytes[at + 1]!
    if (marker === 0xff) {
      at++
      continue
    }
    const length = marker === 1 || (marker >= 0xd0 && marker <= 0xd8) ? 0 : bytes.readUInt16BE(at + 2)
    if (at + 2 + length > bytes.length) return { ...found, end: at }
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      found.progressive = marker === 0xc2
      for (let i = 0; i < (bytes[at + 9] ?? 0); i++)
        found.blockRows = Math.max(found.blockRows, ((bytes[at + 11 + i * 3] ?? 0) & 15) * 8)
    }
    at += 2 + length
    if (marker !== 0xda) continue
    found.scans++
    for (; at < bytes.length; at++) {
      at = bytes.indexOf(0xff, at)
      if (at < 0 || at + 1 >= bytes.length) return found
      const next = bytes[at + 1]!
      if (next !== 0 && (next < 0xd0 || next > 0xd7)) break
    }
  }
  return found
}
