import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { seededRandom } from './mutations.ts'
import type { Mutation } from './mutations.ts'

type Random = (below: number) => number

/** A sound picture of one kind, as its name says. */
export interface SoundPicture {
  readonly name: string
  readonly bytes: Buffer
}

const WIDTH = 84
const HEIGHT = 56
/** Sizes, counts and offsets that readers trip over, written at either byte order. */
const nasty: readonly number[] = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
]

/** Where the headers of all kinds are, from the start of the file. */
const HEADER_BYTES = 512

/** Small pictures of every kind that is read, some in several forms: interlaced, progressive, with alpha, animated, with EXIF. */
export async function soundPictures(): Promise<SoundPicture[]> {
  const noise = Buffer.from(Array.from({ length: WIDTH * HEIGHT * 4 }, (_, i) => Math.imul(i, 2_654_435_761) >>> 24))
  const clear = sharp(noise, { raw: { width: WIDTH, height: HEIGHT, channels: 4 } })
  const plain = () => clear.clone().removeAlpha()
  const pages = sharp(noise, { raw: { width: WIDTH, height: HEIGHT, channels: 4, pageHeight: HEIGHT / 2 } })
  const made: Record<string, Sharp> = {
    'plain.png': plain().png(),
    'clear-interlaced.png': clear.clone().png({ progressive: true }),
    'palette.png': clear.clone().png({ palette: true, colours: 16 }),
    'grey.png': plain().greyscale().png(),
    'plain.jpg': plain().jpeg({ quality: 70 }),
    'progressive-turned.jpg': plain().withMetadata({ orientation: 6 }).jpeg({ progressive: true }),
    'lossy.webp': plain().webp({ quality: 60 }),
    'clear-lossless.webp': clear.clone().webp({ lossless: true }),
    'animated.webp': pages.clone().webp(),
    'animated.gif': pages.clone().gif(),
    'lzw.tiff': plain().tiff({ compression: 'lzw' }),
    'tiled-jpeg.tiff': plain().tiff({ compression: 'jpeg', tile: true, tileWidth: 32, tileHeight: 32 }),
    'plain.avif': plain().avif({ quality: 40, effort: 0 }),
  }
  return Promise.all(Object.entries(made).map(async ([name, picture]) => ({ name, bytes: await picture.toBuffer() })))
}

/**
 * Damages a sound picture: one to three changes to bits, header numbers, its end or its parts. Half of the PNGs get right
 * checksums again, so that their damage goes deeper. The same seed gives the same damage.
 */
export function mutatePicture(original: Buffer, seed: number): Mutation {
  const random = seededRandom(seed)
  let buffer = Buffer.from(original)
  const notes: string[] = []
  for (let i = 1 + (random(3) === 0 ? 1 + random(2) : 0); i > 0; i--) {
    const change = changes[random(changes.length)]!
    const result = change(buffer, random)
    buffer = result.buffer
    notes.push(result.description)
  }
  if (random(2) === 0 && repairChecksums(buffer)) notes.push('checksums are right')
  return { buffer, description: notes.join('; ') }
}

/** Writes the right checksum behind every chunk of a PNG; false for other files. */
function repairChecksums(buffer: Buffer): boolean {
  if (buffer.toString('latin1', 1, 4) !== 'PNG') return false
  for (let at = 8; at + 12 <= buffer.length; ) {
    const end = at + 8 + buffer.readUInt32BE(at)
    if (end + 4 > buffer.length) break
    buffer.writeUInt32BE(crc32(buffer.subarray(at + 4, end)), end)
    at = end + 4
  }
  return true
}

type Change = (buffer: Buffer<ArrayBuffer>, random: Random) => { buffer: Buffer<ArrayBuffer>; description: string }

/** A place to damage; the header is as likely as all the rest. */
const place = (buffer: Buffer, random: Random) =>
  random(random(2) === 0 ? Math.min(HEADER_BYTES, buffer.length) : buffer.length)

const flipBits: Change = (buffer, random) => {
  if (buffer.length === 0) return { buffer, description: 'nothing to flip' }
  const places = Array.from({ length: 1 + random(8) }, () => place(buffer, random))
  for (const at of places) buffer[at] = buffer[at]! ^ (1 << random(8))
  return { buffer, description: `bits flipped at ${places.join(', ')}` }
}

const rewriteNumber: Change = (buffer, random) => {
  const bytes = [1, 2, 4][random(3)]!
  if (buffer.length < bytes) return { buffer, description: 'too short for a number' }
  const at = Math.min(place(buffer, random), buffer.length - bytes)
  const value = nasty[random(nasty.length)]! % 2 ** (8 * bytes)
  if (random(2) === 0) buffer.writeUIntBE(value, at, bytes)
  else buffer.writeUIntLE(value, at, bytes)
  return { buffer, description: `${bytes} bytes at ${at} are ${value}` }
}

const truncate: Change = (buffer, random) => {
  const length = place(buffer, random)
  return { buffer: Buffer.from(buffer.subarray(0, length)), description: `cut to ${length} bytes` }
}

const repeatPart: Change = (buffer, random) => {
  const start = random(buffer.length)
  const end = Math.min(buffer.length, start + 1 + random(200))
  return {
    buffer: Buffer.concat([buffer.subarray(0, end), buffer.subarray(start)]),
    description: `${start} to ${end} is there twice`,
  }
}

const removePart: Change = (buffer, random) => {
  const start = random(buffer.length)
  const end = Math.min(buffer.length, start + 1 + random(200))
  return {
    buffer: Buffer.concat([buffer.subarray(0, start), buffer.subarray(end)]),
    description: `${start} to ${end} is missing`,
  }
}

const changes: readonly Change[] = [
  flipBits,
  flipBits,
  rewriteNumber,
  rewriteNumber,
  rewriteNumber,
  truncate,
  repeatPart,
  removePart,
]
