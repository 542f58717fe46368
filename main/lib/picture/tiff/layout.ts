import { Tag, colourName, tiffDamaged, tiffUnsupported } from './directory.ts'
import type { Directory, TiffFile } from './directory.ts'

/** Colour models by their number in TIFF. */
export const Photometric = {
  minIsWhite: 0,
  minIsBlack: 1,
  rgb: 2,
  palette: 3,
  mask: 4,
  cmyk: 5,
  yCbCr: 6,
  cieLab: 8,
  iccLab: 9,
} as const

/** How the pixels of a page are stored. */
export interface Layout {
  readonly width: number
  readonly height: number
  readonly photometric: number
  readonly compression: number
  /** Channels of a pixel; those after the colour's are alpha or anything. */
  readonly samples: number
  /** Channels of the colour model. */
  readonly colours: number
  /** Bits of one sample; the same for all. */
  readonly bits: number
  readonly format: 'unsigned' | 'signed' | 'float'
  /** Number of the channel that is alpha, if any, and whether colours are multiplied by it. */
  readonly alpha: { readonly channel: number; readonly associated: boolean } | null
  /** Channels in strips or tiles of their own. */
  readonly separate: boolean
  readonly predictor: number
  readonly fillOrder: number
  readonly orientation: number
  /** Strips are as wide as the picture. */
  readonly tiled: boolean
  readonly blockWidth: number
  readonly blockHeight: number
  /** Where each strip or tile stands; of separate channels one channel after the other. */
  readonly offsets: readonly number[]
  readonly counts: readonly number[]
  /** Of YCbCr: pixels per chroma sample, across and down; else 1, 1. */
  readonly subsampling: readonly [number, number]
}

const MAX_SAMPLES = 64
/** Uncompressed strips larger than this are read in parts, in bytes. */
const STRIP_BYTES = 16 << 20

/** Reads how a page is stored. @throws AppError UnsupportedMedia for forms that are not read, DamagedMedia. */
export async function readLayout(file: TiffFile, page: Directory): Promise<Layout> {
  const { name } = file
  const width = await page.number(Tag.width, 0)
  const height = await page.number(Tag.height, 0)
  if (!(width > 0 && height > 0)) throw tiffDamaged(name, 'no size')
  const photometric = await page.number(Tag.photometric, Photometric.minIsBlack)
  const colours = colourChannels(photometric)
  if (colours === 0) throw tiffUnsupported(name, `holds ${colourName(photometric)}`)
  if (photometric === Photometric.cmyk && (await page.number(Tag.inkSet, 1)) !== 1)
    throw tiffUnsupported(name, 'is printed with inks other than CMYK')
  const samples = await page.number(Tag.samples, colours)
  if (samples < colours || samples > MAX_SAMPLES)
    throw samples > MAX_SAMPLES
      ? tiffUnsupported(name, `has ${samples} channels`)
      : tiffDamaged(name, 'too few samples')
  const depths = await page.numbers(Tag.bits)
  const bits = depths[0] ?? 1
  if (depths.slice(0, samples).some((depth) => depth !== bits))
    throw tiffUnsupported(name, `has channels of different depth (${depths.slice(0, samples).join(', ')} bits)`)
  const format = formatOf(name, await page.number(Tag.sampleFormat, 1), bits)

  const tiled = page.has(Tag.tileWidth)
  const blockWidth = tiled ? await page.number(Tag.tileWidth, 0) : width
  const blockHeight = tiled
    ? await page.number(Tag.tileHeight, 0)
    : Math.min(await page.number(Tag.rowsPerStrip, height), height)
  if (!(blockWidth > 0 && blockHeight > 0) || blockWidth * blockHeight > 4 * Math.max(width * height, 1 << 20))
    throw tiffDamaged(name, 'size of strips')
  const [across = 2, down = 2] = photometric === Photometric.yCbCr ? await page.numbers(Tag.yCbCrSubsampling) : [1, 1]
  if (![1, 2, 4].includes(across) || ![1, 2, 4].includes(down)) throw tiffDamaged(name, 'chroma subsampling')

  const layout: Layout = {
    width,
    height,
    photometric,
    samples,
    colours,
    bits,
    format,
    tiled,
    blockWidth,
    blockHeight,
    compression: await page.number(Tag.compression, 1),
    alpha: alphaOf(colours, samples, await page.numbers(Tag.extraSamples)),
    separate: samples > 1 && (await page.number(Tag.planar, 1)) === 2,
    predictor: await page.number(Tag.predictor, 1),
    fillOrder: await page.number(Tag.fillOrder, 1),
    orientation: await orientationOf(page),
    offsets: await page.numbers(page.has(Tag.tileOffsets) ? Tag.tileOffsets : Tag.stripOffsets),
    counts: await page.numbers(page.has(Tag.tileCounts) ? Tag.tileCounts : Tag.stripCounts),
    subsampling: [across, down],
  }
  return layout
}

/** Channels of a colour model; 0: one that is not read. */
function colourChannels(photometric: number): number {
  if (photometric === Photometric.cmyk) return 4
  if (
    photometric === Photometric.minIsWhite ||
    photometric === Photometric.minIsBlack ||
    photometric === Photometric.palette
  )
    return 1
  return ([Photometric.rgb, Photometric.yCbCr, Photometric.cieLab, Photometric.iccLab] as number[]).includes(
    photometric,
  )
    ? 3
    : 0
}

function formatOf(name: string, code: number, bits: number): Layout['format'] {
  if (code === 5 || code === 6) throw tiffUnsupported(name, 'holds complex numbers')
  const format = code === 3 ? 'float' : code === 2 ? 'signed' : 'unsigned'
  const known = format === 'float' ? [16, 24, 32, 64] : format === 'signed' ? [8, 16, 32, 64] : null
  if (known ? !known.includes(bits) : !(bits >= 1 && bits <= 32) && bits !== 64)
    throw tiffUnsupported(
      name,
      `holds ${bits}-bit ${format === 'float' ? 'floating point' : `${format} whole`} numbers`,
    )
  return format
}

/** A channel beyond the colours is alpha only where the file says so (ExtraSamples 1 or 2). */
function alphaOf(colours: number, samples: number, extra: readonly number[]): Layout['alpha'] {
  const at = extra.findIndex((kind, n) => (kind === 1 || kind === 2) && colours + n < samples)
  return at < 0 ? null : { channel: colours + at, associated: extra[at] === 1 }
}

/** How a page is turned to be shown (1 to 8). */
async function orientationOf(page: Directory): Promise<number> {
  const orientation = await page.number(Tag.orientation, 1)
  return orientation >= 1 && orientation <= 8 ? orientation : 1
}

/** The same without the channels that are not shown, where these stand apart and need not be read. */
export function usedChannels(layout: Layout): Layout {
  const { separate, samples, colours, alpha } = layout
  return separate ? { ...layout, samples: Math.min(samples, alpha ? alpha.channel + 1 : colours) } : layout
}

/** Samples of one pixel in a block: all, or one where channels are separate. */
export const samplesInBlock = ({ separate, samples }: Layout): number => (separate ? 1 : samples)

/** Bytes of a row of a block of `columns` pixels, without chroma subsampling. */
export const rowBytes = (layout: Layout, columns: number): number =>
  Math.ceil((columns * samplesInBlock(layout) * layout.bits) / 8)

/**
 * The same with long uncompressed strips cut into shorter ones, so that no strip of a large picture is held whole; and
 * with the byte counts that some writers leave out.
 */
export function shortStrips(layout: Layout): Layout {
  const { tiled, width, height, blockHeight, offsets, subsampling, compression } = layout
  if (compression !== 1 || tiled || subsampling[0] * subsampling[1] > 1) return layout
  const bytes = rowBytes(layout, width)
  const rows = Math.max(1, Math.min(blockHeight, Math.floor(STRIP_BYTES / bytes)))
  const strips = Math.ceil(height / blockHeight)
  if (rows === blockHeight && layout.counts.length >= offsets.length) return layout
  if (blockHeight < height && rows < blockHeight && blockHeight % rows > 0)
    return { ...layout, counts: wholeCounts(layout, bytes, strips) }
  const cut = { offsets: [] as number[], counts: [] as number[] }
  offsets.forEach((offset, n) => {
    const inStrip = Math.min(blockHeight, height - (n % strips) * blockHeight)
    for (let y = 0; y < inStrip; y += rows) {
      cut.offsets.push(offset + y * bytes)
      cut.counts.push(Math.min(rows, inStrip - y) * bytes)
    }
  })
  return { ...layout, ...cut, blockHeight: rows }
}

const wholeCounts = ({ offsets, height, blockHeight }: Layout, bytes: number, strips: number): number[] =>
  offsets.map((_, n) => Math.min(blockHeight, height - (n % strips) * blockHeight) * bytes)
