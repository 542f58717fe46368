import { Tag } from '../tiff/directory.ts'
import type { Directory, TiffFile } from '../tiff/directory.ts'
import { isViewableJpeg } from '../tiff/jpegBlocks.ts'
import { MAX_PREVIEW } from './preview.ts'
import type { CameraPreview } from './preview.ts'

const CFA = 32_803
const LINEAR_RAW = 34_892
const RAW_COMPRESSIONS = [32_767, 32_770, 34_713, 65_000, 65_535]
/** Panasonic's tag of a JPEG in its first directory. */
const PANASONIC_JPEG = 46

interface Stream {
  readonly offset: number
  readonly length: number
}

/**
 * The largest JPEG inside a camera's raw file (DNG, CR2, NEF, ARW, ORF, RW2 and others that are TIFF); undefined when the
 * file is no raw file, null when it is one without such a picture.
 */
export async function cameraPreview(file: TiffFile): Promise<CameraPreview | null | undefined> {
  const directories = [...file.chain.slice(0, 16)]
  for (const directory of [...directories]) directories.push(...(await file.below(directory)))
  const raws: { width: number; height: number }[] = []
  const first = file.chain[0]!
  const mark = (await file.read(0, 10)).toString('latin1')
  const isRaw = mark.slice(8) === 'CR' || first.has(Tag.dngVersion) || !/^(?:II[*+]|MM\0[*+])/.test(mark)
  const streams: Stream[] = []
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
  if (raws.length === 0 && !isRaw) return undefined
  const panasonic = first.place(PANASONIC_JPEG)
  if (panasonic) streams.push(panasonic)
  const olympus = await olympusPreview(file, first)
  if (olympus) streams.push(olympus)
  streams.sort((a, b) => b.length - a.length)
  for (const { offset, length } of streams) {
    const jpeg = await file.read(offset, Math.min(length, MAX_PREVIEW))
    if (!isViewableJpeg(jpeg)) continue
    const raw = raws.sort((a, b) => b.width * b.height - a.width * a.height)[0] ?? null
    return {
      jpeg,
      raw: raw && raw.width > 0 ? raw : null,
      orientation: await first.number(Tag.orientation, 1),
    }
  }
  return null
}

/** Tags of Olympus' notes (ExifTool, "Olympus Tags"): the directory of settings, and the JPEG that is told there. */
const Olympus = { settings: 0x2020, start: 0x0101, length: 0x0102 } as const
/** How the notes of its cameras begin, where their directory is, and whether offsets count from there. */
const olympusNotes = [
  ['OM SYSTEM\0', 16, true],
  ['OLYMPUS\0', 12, true],
  ['OLYMP\0', 8, false],
] as const

/** Olympus keeps its JPEG in the notes of the maker, of which offsets count from their beginning. */
async function olympusPreview(file: TiffFile, first: Directory): Promise<Stream | null> {
  const exif = await first.number(Tag.exif, 0)
  const notes = exif > 0 ? (await file.at(exif))?.place(Tag.makerNote) : null
  if (!notes) return null
  const mark = (await file.read(notes.offset, 10)).toString('latin1')
  const [, start, isRelative] = olympusNotes.find(([name]) => mark.startsWith(name)) ?? []
  if (start === undefined) return null
  const base = isRelative ? notes.offset : 0
  const own = file.from(base)
  const directory = await own.at(notes.offset - base + start)
  // a number that says where it is, or in older cameras the directory itself
  const settingsAt = directory?.place(Olympus.settings)?.offset ?? (await directory?.number(Olympus.settings, 0))
  const settings = settingsAt ? await own.at(settingsAt) : null
  const offset = (await settings?.number(Olympus.start, 0)) ?? 0
  return settings && offset > 0 ? { offset: base + offset, length: await settings.number(Olympus.length, 0) } : null
}
