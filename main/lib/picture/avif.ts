import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { av1Colour } from './av1.ts'
import { HDR_NOTE, hdrColours, storedPixels, toneMapped } from './hdrPicture.ts'
import { readHeifFile } from './heifFile.ts'
import type { HeifFile, HeifItem } from './heifFile.ts'
import { describeImage, profileFor, stillOf } from './heifImage.ts'
import type { HeifImage } from './heifImage.ts'
import { libvipsPicture, readMetadata, sequenceNotes, toSrgb } from './libvips.ts'
import { rawTiff } from './rawTiff.ts'
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
  const of =
    typeof input === 'string'
      ? file
      : { ...file, readAt: async (offset: number, length: number) => input.subarray(offset, offset + length) }
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
  const still = {
    ...file,
    input,
    bytes: input.length,
    read: async () => input,
    readAt: async (at: number, length: number) => input.subarray(at, at + length),
  }
  return { input, heif: await readHeifFile(still), pages: track.pictures }
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
