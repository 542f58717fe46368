import { boxHead, boxes, firstSample, inside } from '../heifFile.ts'
import type { OpenReader, PictureFile } from '../reader.ts'
import { damaged, pictureMimes, refusedRaw } from '../refusals.ts'
import { Tag, TiffFile, windowed } from '../tiff/directory.ts'
import { isViewableJpeg } from '../tiff/jpegBlocks.ts'
import { MAX_PREVIEW, openPreview } from './preview.ts'
import { cameraPreview } from './tiffPreview.ts'

/** A piece of a file, in bytes. */
interface Piece {
  readonly offset: number
  readonly length: number
}

/** Where JPEGs may stand, and how the picture is turned (1 to 8). */
interface Found {
  readonly pieces: readonly Piece[]
  readonly orientation: number
}

/**
 * Raw files of cameras that are no TIFF: CR3, RAF, X3F, MRW, and ORF and RW2, which are TIFF but for their first bytes. Shows the largest
 * JPEG that the camera put beside the raw data. @throws AppError UnsupportedMedia where there is none, DamagedMedia.
 */
export const openRaw: OpenReader = async (file) => {
  const mark = Buffer.from(file.head.subarray(0, 12)).toString('latin1')
  if (/^(?:II|MM)/.test(mark)) {
    const preview = await cameraPreview(await TiffFile.open(file.name, windowed(file.readAt)))
    if (!preview) throw refusedRaw(file.name)
    return openPreview(file, preview, pictureMimes.raw)
  }
  const find = mark.startsWith('FUJIFILM')
    ? inRaf
    : mark.startsWith('FOVb')
      ? inX3f
      : mark.startsWith('\0MRM')
        ? inMrw
        : inCr3
  const { pieces, orientation } = await find(file)
  for (const { offset, length } of [...pieces].sort((a, b) => b.length - a.length)) {
    const jpeg = await file.readAt(offset, Math.min(length, MAX_PREVIEW))
    if (jpeg.length < length) throw damaged(file.name, 'cut in the picture')
    // some Minoltas write another first byte
    if (find === inMrw && length > 0) jpeg[0] = 0xff
    if (isViewableJpeg(jpeg)) return openPreview(file, { jpeg, raw: null, orientation }, pictureMimes.raw)
  }
  throw refusedRaw(file.name)
}

/** Fujifilm: the header says where the one JPEG is, which says itself how it is turned. */
async function inRaf(file: PictureFile): Promise<Found> {
  const head = await file.readAt(84, 8)
  if (head.length < 8) throw damaged(file.name, 'cut in its header')
  return { pieces: [{ offset: head.readUInt32BE(0), length: head.readUInt32BE(4) }], orientation: 1 }
}

/** Sections of an X3F that are looked at. */
const MOST_SECTIONS = 64
const X3F_JPEG = 18

/** Sigma: the last four bytes say where the list of sections is; those of pictures tell what they are coded in. */
async function inX3f(file: PictureFile): Promise<Found> {
  const end = await file.readAt(file.bytes - 4, 4)
  const list = end.length === 4 ? await file.readAt(end.readUInt32LE(0), 12 + MOST_SECTIONS * 12) : end
  if (list.toString('latin1', 0, 4) !== 'SECd') throw damaged(file.name, 'no list of sections')
  const pieces: Piece[] = []
  const count = Math.min(list.readUInt32LE(8), Math.floor((list.length - 12) / 12))
  for (let n = 0; n < count; n++) {
    const [offset, length] = [list.readUInt32LE(12 + n * 12), list.readUInt32LE(16 + n * 12)]
    if (!list.toString('latin1', 20 + n * 12, 24 + n * 12).startsWith('IMA')) continue
    const head = await file.readAt(offset, 28)
    if (head.length === 28 && head.readUInt32LE(12) === X3F_JPEG)
      pieces.push({ offset: offset + 28, length: length - 28 })
  }
  return { pieces, orientation: 1 }
}

/** Blocks before the raw data of an MRW that are looked at. */
const MOST_BLOCKS = 32
/** Tags of Minolta's notes (ExifTool, "Minolta Tags"): where the JPEG is, counted from the TIFF, and its length. */
const Minolta = { start: 0x0088, length: 0x0089 } as const

/** Minolta: blocks with a name and a length, of which TTW is a TIFF with the notes of the maker. */
async function inMrw(file: PictureFile): Promise<Found> {
  const end = 8 + (await file.readAt(4, 4)).readUInt32BE(0)
  for (let at = 8, n = 0; at + 8 <= Math.min(end, file.bytes) && n < MOST_BLOCKS; n++) {
    const head = await file.readAt(at, 8)
    const [name, length, start] = [head.toString('latin1', 0, 4), head.readUInt32BE(4), at + 8]
    if (name === '\0TTW') {
      const tiff = await TiffFile.open(
        file.name,
        windowed((offset, count) => file.readAt(start + offset, count)),
      )
      const first = tiff.chain[0]!
      const exif = await first.number(Tag.exif, 0)
      const notes = exif > 0 ? (await tiff.at(exif))?.place(Tag.makerNote) : null
      const own = notes && (await tiff.at(notes.offset))
      const offset = (await own?.number(Minolta.start, 0)) ?? 0
      const pieces = own && offset > 0 ? [{ offset: start + offset, length: await own.number(Minolta.length, 0) }] : []
      return { pieces, orientation: await first.number(Tag.orientation, 1) }
    }
    at = start + length
  }
  throw damaged(file.name, 'no notes of the camera')
}

/** The index of a CR3 is far below this, in bytes. */
const MAX_INDEX = 16 * 1024 ** 2
/** Canon's own box in the index (lclevy, "canon_cr3"), of which CMT1 is a TIFF that says how the picture is turned. */
const CANON = '85c0b687820f11e08111f4ce462b6a48'

/** Canon: the tracks of the index, of which one is a JPEG in full size. */
async function inCr3(file: PictureFile): Promise<Found> {
  for (let at = 0; at + 8 <= file.bytes; ) {
    const { type, length, header } = boxHead(await file.readAt(at, 16), file.bytes - at)
    if (length < header) break
    if (type === 'moov' && length <= MAX_INDEX) {
      const index = boxes(await file.readAt(at + header, length - header))
      const pieces = index.flatMap(({ type: name, data }): readonly Piece[] => {
        const table = name === 'trak' ? inside(data, 'mdia', 'minf', 'stbl') : null
        const first = table && firstSample(table)?.first
        return first ? [first] : []
      })
      return { pieces, orientation: await orientationOf(file.name, index) }
    }
    at += length
  }
  throw damaged(file.name, 'no index')
}

async function orientationOf(name: string, index: readonly { type: string; data: Buffer }[]): Promise<number> {
  const canon = index.find(({ type, data }) => type === 'uuid' && data.toString('hex', 0, 16) === CANON)
  const tiff = canon && inside(canon.data.subarray(16), 'CMT1')
  if (!tiff) return 1
  const { chain } = await TiffFile.open(name, async (offset, length) => tiff.subarray(offset, offset + length))
  return chain[0]!.number(Tag.orientation, 1)
}
