import { AppError, say } from '#contract'
import { checkSize, lax, libvipsPicture, readMetadata, strict, toSrgb } from '../libvips.ts'
import type { OpenReader, PictureFile, PictureReader } from '../reader.ts'
import { PARTS_WRONG } from '../salvage.ts'
import type { Salvaged } from '../salvage.ts'
import { Blocks } from './blocks.ts'
import { blockWriter, needsRange, rangeOf, targetChannels, widened } from './colour.ts'
import type { ColourFacts, Range } from './colour.ts'
import { decompressors } from './decompress.ts'
import { Tag, TiffFile, compressionName, tiffDamaged, tiffUnsupported, windowed } from './directory.ts'
import type { Directory } from './directory.ts'
import { tiffHead } from './encode.ts'
import { openPreview } from '../raw/preview.ts'
import { cameraPreview } from '../raw/tiffPreview.ts'
import { jpegBlocks } from './jpegBlocks.ts'
import { Photometric, readLayout, shortStrips, usedChannels } from './layout.ts'
import type { Layout } from './layout.ts'
import { pagesOf } from './pages.ts'

const MIME = 'image/tiff'
const JPEG = [6, 7]
/** What only libvips unpacks: fax, WebP. */
const LIBVIPS_ONLY = [2, 3, 4, 50_001]
/** sharp's libtiff comes without it. */
const ZSTANDARD = 50_000

/**
 * TIFF and BigTIFF, one page. What libvips reads right goes through it; the rest (channels that are no alpha, YCbCr
 * without JPEG, Lab, signed, floating point and 32-bit numbers, 10 to 14 bits, old JPEG, and what is cut off) is
 * unpacked here and handed to it as a plain TIFF, so that profiles and orientation are dealt with in one place. Raw
 * files of cameras show the picture that the camera put beside the raw data. @throws AppError UnsupportedMedia, which
 * names the form, DamagedMedia, MediaTooLarge, InvalidInput (there is no such page).
 */
export const openTiff: OpenReader = async (file) => {
  const tiff = await TiffFile.open(file.name, windowed(file.readAt))
  const preview = await cameraPreview(tiff)
  if (preview === null) throw tiffUnsupported(file.name, 'is a raw file of a camera without a preview in it')
  if (preview) return openPreview(file, preview, MIME)
  const pages = await pagesOf(tiff)
  const number = file.page ?? 1
  const page = pages[number - 1]
  if (!page) throw noPage(file.name, number, pages.length)
  const several = pages.length > 1 ? { pages: pages.length, page: number } : {}
  const notes = pages.length > 1 && file.page === undefined ? [`Page ${number} of ${pages.length} is shown.`] : []
  const layout = await readLayout(tiff, page)
  checkSize(file.name, layout)
  const profile = await page.bytes(Tag.icc)
  if (isPlain(layout, profile.length > 0, file.bytes)) {
    const options = { ...strict, page: page.index }
    const input = await withOnePlane(file, page, layout)
    const metadata = await readMetadata({ name: file.name, input }, options)
    // libvips counts smaller copies as pages
    const { mime, width, height, hasAlpha, orientation = 1 } = libvipsPicture('tiff', input, metadata)
    const salvage = LIBVIPS_ONLY.includes(layout.compression)
      ? async () => ({
          pixels: await toSrgb(input, metadata, 'shown', { ...lax, page: page.index }),
          notes: [PARTS_WRONG],
        })
      : async () => (await openUnpacked(file, tiff, { page, layout, profile, notes })).salvage()
    return {
      mime,
      width,
      height,
      hasAlpha,
      orientation,
      ...several,
      notes,
      pixels: (turn) => toSrgb(input, metadata, turn, options),
      salvage,
    }
  }
  return { ...(await openUnpacked(file, tiff, { page, layout, profile, notes })), ...several }
}

const noPage = (name: string, number: number, pages: number): AppError => {
  const has = pages === 1 ? 'one page' : `${pages} pages`
  return new AppError('InvalidInput', say`${name} has ${has}; there is no page ${number}. Choose another one.`)
}

/**
 * What libvips is given: black and white that says that its one channel lies in a plane of its own is read wrong (8.18.7: all of
 * one colour), so it says otherwise.
 */
async function withOnePlane(file: PictureFile, page: Directory, { bits, samples }: Layout): Promise<string | Buffer> {
  const place = page.inlinePlace(Tag.planar)
  if (bits !== 1 || samples !== 1 || place === null || (await page.number(Tag.planar, 1)) !== 2) return file.input
  const bytes = Buffer.from(await file.read())
  // a number of two bytes, in either order
  bytes.set(bytes[place] === 2 ? [1, 0] : [0, 1], place)
  return bytes
}

/** Whether libvips reads a page right, as measured against Pillow and Chromium. */
function isPlain(layout: Layout, hasProfile: boolean, bytes: number): boolean {
  const { compression, photometric, bits, format, samples, colours, alpha, separate, tiled, offsets, counts } = layout
  if (LIBVIPS_ONLY.includes(compression)) return true
  if (compression !== 7 && !(compression in decompressors && compression !== ZSTANDARD)) return false
  if (separate && tiled) return false
  if (format !== 'unsigned' || samples !== colours + (alpha ? 1 : 0)) return false
  if (compression === 7 && (photometric === Photometric.yCbCr || photometric === Photometric.cmyk))
    return bits === 8 && !alpha
  // a file that is cut off is read here as far as it goes
  if (offsets.some((offset, n) => offset + (counts[n] ?? 0) > bytes)) return false
  if (bits === 16) return photometric === Photometric.rgb || (photometric === Photometric.cmyk && hasProfile)
  if (bits === 1) return colours === 1 && photometric !== Photometric.palette && !alpha
  return (
    bits === 8 &&
    ((photometric <= Photometric.rgb && photometric !== Photometric.minIsWhite) ||
      (photometric === Photometric.cmyk && hasProfile))
  )
}

/** What is told of numbers that no screen shows as they are. */
function rangeNote({ bits, format }: Layout, { least, most }: Range): string {
  const kind = format === 'float' ? 'floating point' : format === 'signed' ? 'signed' : 'whole'
  const number = (value: number) => String(Number(value.toPrecision(4)))
  const span = `${bits}-bit ${kind} numbers from ${number(least)} to ${number(most)}`
  return `Its values are ${span}: the least is shown black, the greatest white.`
}

interface Page {
  readonly page: Directory
  readonly layout: Layout
  readonly profile: Buffer
  /** Is told; what only the pixels tell is added when they are read. */
  readonly notes: string[]
}

async function openUnpacked(
  file: PictureFile,
  tiff: TiffFile,
  { page, layout: stored, profile, notes }: Page,
): Promise<PictureReader & { salvage(): Promise<Salvaged> }> {
  const { compression, photometric, bits, separate } = stored
  const isJpeg = JPEG.includes(compression)
  if (!isJpeg && !decompressors[compression])
    throw tiffUnsupported(file.name, `is compressed as ${compressionName(compression)}`)
  const isLab = photometric === Photometric.cieLab || photometric === Photometric.iccLab
  if ((isLab || photometric === Photometric.yCbCr) && !([8, 16].includes(bits) && stored.format !== 'float'))
    throw tiffUnsupported(file.name, `holds ${isLab ? 'Lab' : 'YCbCr'} colours of ${bits} bits`)
  if (isJpeg && !separate && stored.samples !== 1 && stored.samples !== 3)
    throw tiffUnsupported(file.name, `is compressed as JPEG with ${stored.samples} channels`)
  const seen = usedChannels(stored)
  const { layout, jpegOf } = isJpeg ? await jpegBlocks(tiff, page, seen) : { layout: shortStrips(seen), jpegOf: null }
  const keepProfile = profile.length > 0 && !isLab
  const facts: ColourFacts = {
    map: await page.numbers(Tag.colourMap),
    coefficients: await page.numbers(Tag.yCbCrCoefficients),
    referenceBlackWhite: await page.numbers(Tag.referenceBlackWhite),
    keepCmyk: keepProfile,
  }
  const { width, height, orientation } = layout
  const turned = orientation > 4
  const read = async (turn?: 'shown' | 'stored') => {
    const blocks = new Blocks(tiff, layout, jpegOf)
    const { bytes, range } = await plainTiff(file.name, blocks, {
      layout,
      facts,
      profile: keepProfile ? profile : null,
    })
    const note = range && rangeNote(layout, range)
    if (note && !notes.includes(note)) notes.push(note)
    const pixels = await toSrgb(bytes, await readMetadata({ name: file.name, input: bytes }), turn)
    return { pixels, missing: blocks.missing / (width * height) }
  }
  return {
    mime: MIME,
    width: turned ? height : width,
    height: turned ? width : height,
    hasAlpha: layout.alpha !== null,
    notes,
    orientation,
    async pixels(turn) {
      const { pixels, missing } = await read(turn)
      if (missing > 0) throw new Error(`${percent(missing)} of the picture is missing`)
      return pixels
    },
    async salvage() {
      const { pixels, missing } = await read()
      return {
        pixels,
        notes: [
          missing > 0
            ? `About ${percent(missing)} of the picture is missing: its file is cut off or damaged.`
            : PARTS_WRONG,
        ],
      }
    },
  }
}

const percent = (share: number): string => `${share < 0.01 ? 'less than 1' : Math.min(99, Math.round(share * 100))} %`

/**
 * The page as a TIFF that every reader reads alike: strips without compression, 8 bits, or 16 where a profile converts
 * them.
 */
async function plainTiff(
  name: string,
  blocks: Blocks,
  { layout, facts, profile }: { layout: Layout; facts: ColourFacts; profile: Buffer | null },
): Promise<{ bytes: Buffer; range: Range | null }> {
  const { width, height, orientation, alpha, bits } = layout
  let range: Range | null = null
  if (needsRange(layout)) {
    let seen: Range = { least: Infinity, most: -Infinity }
    for await (const block of blocks) seen = widened(seen, block, layout)
    range = rangeOf(layout, seen)
  }
  const channels = targetChannels(layout, facts)
  const size = profile && bits > 8 ? 2 : 1
  const colours = channels - (alpha ? 1 : 0)
  const length = width * height * channels * size
  const rows = Math.max(1, Math.floor((1 << 20) / (width * channels * size)))
  const strips = Math.ceil(height / rows)
  const blockLengths = Array.from(
    { length: strips },
    (_, n) => Math.min(rows, height - n * rows) * width * channels * size,
  )
  const photometric = colours === 1 ? Photometric.minIsBlack : colours === 4 ? Photometric.cmyk : Photometric.rgb
  const head = tiffHead([
    {
      tags: [
        [Tag.width, [width]],
        [Tag.height, [height]],
        [Tag.bits, Array<number>(channels).fill(size * 8)],
        [Tag.compression, [1]],
        [Tag.photometric, [photometric]],
        [Tag.orientation, [orientation]],
        [Tag.samples, [channels]],
        [Tag.rowsPerStrip, [rows]],
        ...(alpha ? [[Tag.extraSamples, [alpha.associated ? 1 : 2]] as const] : []),
        ...(profile ? [[Tag.icc, profile] as const] : []),
      ],
      blockLengths,
    },
  ])
  const bytes = Buffer.alloc(head.length + length, colours === 4 ? 0 : 255)
  head.copy(bytes)
  const data =
    size === 2 ? new Uint16Array(bytes.buffer, bytes.byteOffset + head.length, length / 2) : bytes.subarray(head.length)
  const write = blockWriter(layout, facts, range)
  for await (const block of blocks) write(block, { width, data, channels })
  if (blocks.missing >= width * height) throw tiffDamaged(name, 'no strip could be read')
  return { bytes, range }
}
