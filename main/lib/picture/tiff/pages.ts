import { Tag } from './directory.ts'
import type { Directory, TiffFile } from './directory.ts'
import { isViewableJpeg } from './jpegBlocks.ts'

const REDUCED = 1
const MASK = 4

/** The pages of a file: its directories without thumbnails, smaller copies and masks. At least one. */
export async function pagesOf(file: TiffFile): Promise<Directory[]> {
  const pages: Directory[] = []
  for (const directory of file.chain) {
    const kind = await directory.number(Tag.newSubfileType, 0)
    if ((kind & (REDUCED | MASK)) === 0 && directory.has(Tag.width) && directory.has(Tag.height)) pages.push(directory)
  }
  return pages.length > 0 ? pages : file.chain.slice(0, 1)
}

/** The picture that a camera put beside its raw data. */
export interface CameraPreview {
  readonly jpeg: Buffer
  /** Size of the raw data, where it is told, in pixels. */
  readonly raw: { readonly width: number; readonly height: number } | null
  /** How it is turned (1 to 8). */
  readonly orientation: number
}

const CFA = 32_803
const LINEAR_RAW = 34_892
const RAW_COMPRESSIONS = [32_767, 32_770, 34_713, 65_000, 65_535]
const MAX_PREVIEW = 1 << 28

/**
 * The largest JPEG inside a camera's raw file (DNG, CR2, NEF, ARW and others that are TIFF); undefined when the file is
 * no raw file, null when it is one without such a picture.
 */
export async function cameraPreview(file: TiffFile): Promise<CameraPreview | null | undefined> {
  const directories = [...file.chain.slice(0, 16)]
  for (const directory of [...directories]) directories.push(...(await file.below(directory)))
  const raws: { width: number; height: number }[] = []
  const canon = (await file.read(8, 2)).toString('latin1') === 'CR'
  const isDng = file.chain[0]!.has(Tag.dngVersion)
  const streams: { offset: number; length: number }[] = []
  for (const directory of directories) {
    const photometric = await directory.number(Tag.photometric, 0)
    const compression = await directory.number(Tag.compression, 1)
    const size = { width: await directory.number(Tag.width, 0), height: await directory.number(Tag.height, 0) }
    if (photometric === CFA || photometric === LINEAR_RAW || RAW_COMPRESSIONS.includes(compression)) {
      raws.push(size)
      continue
    }
    const offset = await directory.number(Tag.jpegStream, 0)
    if (offset > 0) streams.push({ offset, length: await directory.number(Tag.jpegStreamLength, 0) })
    const offsets = await directory.numbers(Tag.stripOffsets)
    if ((compression === 6 || compression === 7) && offsets.length === 1) {
      streams.push({ offset: offsets[0]!, length: await directory.number(Tag.stripCounts, 0) })
    }
  }
  if (raws.length === 0 && !canon && !isDng) return undefined
  streams.sort((a, b) => b.length - a.length)
  for (const { offset, length } of streams) {
    const jpeg = await file.read(offset, Math.min(length, MAX_PREVIEW))
    if (!isViewableJpeg(jpeg)) continue
    const raw = raws.sort((a, b) => b.width * b.height - a.width * a.height)[0] ?? null
    return {
      jpeg,
      raw: raw && raw.width > 0 ? raw : null,
      orientation: await file.chain[0]!.number(Tag.orientation, 1),
    }
  }
  return null
}
