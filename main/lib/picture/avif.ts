import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { HDR_NOTE, hdrColours, storedPixels, toneMapped } from './hdrPicture.ts'
import { readHeifFile } from './heifFile.ts'
import type { HeifFile, HeifItem } from './heifFile.ts'
import { describeImage, profileFor, stillOf } from './heifImage.ts'
import type { HeifImage } from './heifImage.ts'
import { libvipsPicture, readMetadata, sequenceNotes, toSrgb } from './libvips.ts'
import { rawTiff } from './rawTiff.ts'
import { inMemory } from './reader.ts'
import type { OpenReader, PictureFile, PictureReader } from './reader.ts'
import { shown } from './salvage.ts'

/** Bytes of a coded picture in which its sequence header is found. */
const SEQUENCE_HEADER = 256

/** AVIF, sequences too (their first picture). */
export const openAvif: OpenReader = async (file) => readAvif(file, await readHeifFile(file))

/**
 * A file whose picture is coded in AV1. libheif decodes it; what it leaves undone with limited ranges, colours told
 * without a profile and clean apertures is done here, by what the header says.
 */
export async function readAvif(file: PictureFile, header: HeifFile): Promise<PictureReader> {
  const isSequence = !header.primary || header.brands[0] === 'avis'
  const { input, heif, pages } = !header.primary ? await firstPicture(file, header) : await withKnownBrand(file, header)
  const metadata = await readMetadata({ name: file.name, input })
  const image = describeImage(heif)
  const plain = libvipsPicture('avif', input, { ...metadata, pages: 1 })
  const hdr = image && !image.icc ? hdrColours(image.nclx?.primaries, image.nclx?.transfer) : null
  const sequence = { notes: [...sequenceNotes(pages), ...(hdr ? [HDR_NOTE] : [])], ...(pages > 1 && { pages }) }
  if (!image) return { ...plain, ...sequence }
  const of = typeof input === 'string' ? file : inMemory(file, input)
  const limited = await limitedRanges(of, image, isSequence)
  const profile = image.icc ? null : profileFor(image)
  const deep = metadata.space === 'rgb16'
  if (!limited.grey && !limited.alpha && !profile && !hdr) return { ...plain, ...sequence }
  return {
    ...plain,
    ...sequence,
    orientation: 1,
    pixels: async () => {
      if (hdr) return shown(toneMapped(await storedPixels(sharp(input).autoOrient(), deep), hdr), 1, []).pixels
      const pixels = profile ? await converted(sharp(input), deep, profile) : await toSrgb(input, metadata)
      return limited.grey || limited.alpha ? expanded(pixels, limited) : pixels
    },
  }
}

/** libvips knows a file by its first brand, and not those of sequences. */
async function withKnownBrand(file: PictureFile, heif: HeifFile) {
  const pages = Math.max(1, ...heif.tracks.filter(({ handler }) => handler !== 'auxv').map((track) => track.pictures))
  if (heif.brands[0] !== 'avis') return { input: file.input, heif, pages }
  const input = Buffer.from(await file.read())
  input.write('avif', 8, 'latin1')
  return { input, heif, pages }
}

/** A file that has only tracks. */
async function firstPicture(file: PictureFile, { tracks }: HeifFile) {
  const track = tracks.find(({ handler, codec }) => handler !== 'auxv' && codec === 'av01')
  const alpha = tracks.find(({ handler, codec }) => handler === 'auxv' && codec === 'av01')
  if (!track) throw new Error('no picture in it')
  const load = async (of: typeof track) => ({ track: of, data: await file.readAt(of.first.offset, of.first.length) })
  const input = stillOf(await load(track), alpha ? await load(alpha) : null)
  return { input, heif: await readHeifFile(inMemory(file, input)), pages: track.pictures }
}

/**
 * Which of grey and alpha use 16 to 235 only: libheif expands these of colours alone. The alpha of a sequence is left as it
 * is, as in Chromium.
 */
async function limitedRanges(
  file: PictureFile,
  image: HeifImage,
  isSequence: boolean,
): Promise<{ grey: boolean; alpha: boolean }> {
  const colour = await colourOf(file, image.coded)
  const alpha = image.alpha && (await colourOf(file, image.alpha))
  return {
    grey: colour?.monochrome === true && !(image.nclx?.fullRange ?? colour.fullRange),
    alpha: !isSequence && alpha?.fullRange === false,
  }
}

async function colourOf(file: PictureFile, item: HeifItem) {
  const configuration = item.properties.find((box) => box.type === 'av1C')?.data
  const inHeader = configuration ? av1Colour(configuration.subarray(4)) : null
  const [first] = item.extents
  return (
    inHeader ??
    (first
      ? av1Colour(await file.readAt(first.offset, Math.min(first.length || SEQUENCE_HEADER, SEQUENCE_HEADER)))
      : null)
  )
}

/** Colours that only numbers name, by the profile that they stand for. */
async function converted(pixels: Sharp, deep: boolean, icc: Buffer): Promise<Sharp> {
  const tiff = rawTiff(await storedPixels(pixels, deep), { icc })
  return toSrgb(tiff, await sharp(tiff).metadata())
}

async function expanded(pixels: Sharp, limited: { grey: boolean; alpha: boolean }): Promise<Sharp> {
  const { data, info } = await pixels.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  const table = Uint8Array.from({ length: 256 }, (_, v) =>
    Math.round(Math.min(255, Math.max(0, ((v - 16) * 255) / 219))),
  )
  const alphaAt = info.channels % 2 === 0 ? info.channels - 1 : -1
  for (let i = 0; i < data.length; i++)
    if (i % info.channels === alphaAt ? limited.alpha : limited.grey) data[i] = table[data[i]!]!
  return sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels as 1 | 2 | 3 | 4 } })
}

/** What the sequence header of AV1 says of the values. */
export interface Av1Colour {
  readonly monochrome: boolean
  readonly fullRange: boolean
}

/**
 * Finds the sequence header in OBUs (AV1 specification, 5.3 to 5.5) and reads its colours; null where there is none. Never
 * throws.
 */
export function av1Colour(data: Buffer): Av1Colour | null {
  for (let at = 0; at < data.length; ) {
    const head = data[at]!
    const type = (head >> 3) & 15
    at += (head & 4) === 0 ? 1 : 2
    let length = data.length - at
    if ((head & 2) !== 0) {
      length = 0
      for (let shift = 0; shift < 35 && at < data.length; shift += 7) {
        const byte = data[at++]!
        length += (byte & 127) * 2 ** shift
        if (byte < 128) break
      }
    }
    if (type === 1) return sequenceHeader(data.subarray(at, at + length))
    at += length
  }
  return null
}

function sequenceHeader(data: Buffer): Av1Colour | null {
  let position = 0
  const bits = (count: number): number => {
    let value = 0
    for (; count > 0; count--, position++)
      value = value * 2 + (((data[position >> 3] ?? 0) >> (7 - (position & 7))) & 1)
    return value
  }
  const flag = (): boolean => bits(1) === 1
  const profile = bits(3)
  bits(1)
  const reduced = flag()
  if (reduced) bits(5)
  else operatingPoints(bits, flag)
  const [width, height] = [bits(4) + 1, bits(4) + 1]
  bits(width + height)
  if (!reduced && flag()) bits(7)
  bits(3)
  if (!reduced) codingTools(bits, flag)
  bits(3)
  const high = flag()
  if (profile === 2 && high) bits(1)
  const monochrome = profile !== 1 && flag()
  const [primaries, transfer, matrix] = flag() ? [bits(8), bits(8), bits(8)] : [2, 2, 2]
  const fullRange = (!monochrome && primaries === 1 && transfer === 13 && matrix === 0) || flag()
  return position <= data.length * 8 ? { monochrome, fullRange } : null
}

/** Times, decoder model and operating points, of which nothing is wanted. */
function operatingPoints(bits: (count: number) => number, flag: () => boolean): void {
  let delay = 0
  if (flag()) {
    bits(64)
    if (flag()) {
      let zeros = 0
      while (zeros < 32 && !flag()) zeros++
      bits(zeros)
    }
    if (flag()) {
      delay = bits(5) + 1
      bits(42)
    }
  }
  const initialDelays = flag()
  for (let left = bits(5) + 1; left > 0; left--) {
    bits(12)
    if (bits(5) > 7) bits(1)
    if (delay > 0 && flag()) bits(delay * 2 + 1)
    if (initialDelays && flag()) bits(4)
  }
}

function codingTools(bits: (count: number) => number, flag: () => boolean): void {
  bits(4)
  const ordered = flag()
  if (ordered) bits(2)
  const screenTools = flag() ? 2 : bits(1)
  if (screenTools > 0 && !flag()) bits(1)
  if (ordered) bits(3)
}
