import { AppError, say } from '#contract'
import sharp from 'sharp'
import { isSrgbProfile } from './colour.ts'
import { RLE4, dibStride, embedded, opaqueWhereUnused, readDibHeader, readDibPixels } from './dib.ts'
import type { DibHeader } from './dib.ts'
import { checkSize, lax, libvipsPicture, readMetadata } from './libvips.ts'
import { PNG_MARK } from './pngChunks.ts'
import { rawTiff } from './rawTiff.ts'
import type { OpenReader } from './reader.ts'
import { damaged, pictureMimes } from './refusals.ts'
import { dropAfter, shown } from './salvage.ts'

/** File header, longest bitmap header, masks and 256 colours. */
const HEADERS = 14 + 124 + 16 + 1024

/** BMP: Windows and OS/2 bitmaps of every depth, packed or not, the form of the Windows clipboard included. */
export const openBmp: OpenReader = async (file) => {
  const head = await file.readAt(0, HEADERS)
  const header = readDibHeader(head, 14)
  if (!header) throw damaged(file.name, 'no bitmap header')
  if (embedded[header.compression]) throw packed(file.name, embedded[header.compression]!)
  checkSize(file.name, header)
  const { width, height } = header
  const read = async () => {
    const bytes = await file.read()
    const stated = bytes.readUInt32LE(10)
    const whole = readDibHeader(bytes, 14) ?? header
    return {
      ...readDibPixels(bytes, stated >= 26 && stated < bytes.length ? stated : header.end, whole),
      icc: whole.icc,
    }
  }
  return {
    mime: pictureMimes.bmp,
    width,
    height,
    hasAlpha: (header.masks?.[3] ?? 0) !== 0,
    notes: [],
    pixels: async () => {
      const { raw, rows, icc } = await read()
      if (rows < height) throw new Error('cut off')
      if (icc && !isSrgbProfile(icc)) return sharp(rawTiff(raw, { icc }), lax).toColourspace('srgb')
      return shown(raw, 1, []).pixels
    },
    salvage: async () => {
      const { raw, rows } = await read()
      return cut(raw, rows, header)
    },
  }
}

/** Rows are stored from the bottom up, unless the header says otherwise: then the upper part is what a cut takes away. */
function cut(raw: Parameters<typeof dropAfter>[0], rows: number, { topDown, width, height }: DibHeader) {
  const salvaged = dropAfter({ ...raw, data: topDown ? raw.data : raw.data.slice() }, rows * width, topDown ? 1 : 4)
  if (topDown) return salvaged
  raw.data.fill(255, 0, (height - rows) * width * 4)
  return { ...salvaged, pixels: shown(raw, 1, []).pixels }
}

const packed = (name: string, what: string) =>
  new AppError(
    'UnsupportedMedia',
    say`${name} is a BMP with a ${what} picture inside, which cannot be read. Save it as PNG or JPEG and use that.`,
    { kind: 'bmp' },
  )

/** The most pictures of one icon file that are looked at, and the most bytes of one. */
const MAX_ENTRIES = 256
const MAX_BYTES = 64 * 1024 ** 2
/** Bytes of one that tell its size: the longest header with the masks and the palette behind it. */
const HEADER = 2048

/** ICO and CUR: the largest picture inside, of several of one size that with the most colours. */
export const openIco: OpenReader = async (file) => {
  const count = Math.min(MAX_ENTRIES, Buffer.from(file.head).readUInt16LE(4))
  const directory = await file.readAt(6, count * 16)
  const entries = Array.from({ length: Math.floor(directory.length / 16) }, (_, i) => ({
    length: directory.readUInt32LE(i * 16 + 8),
    offset: directory.readUInt32LE(i * 16 + 12),
  }))
  const load = ({ offset, length }: (typeof entries)[number], most: number) =>
    file.readAt(offset, Math.min(length, most))
  const heads = await Promise.all(entries.map(async (entry) => ({ entry, picture: read(await load(entry, HEADER)) })))
  const pictures = heads.flatMap(({ entry, picture }) => (picture ? [{ ...picture, entry }] : []))
  const [largest] = pictures.sort((a, b) => b.width * b.height - a.width * a.height || b.bits - a.bits)
  const best = largest && read(await load(largest.entry, MAX_BYTES))
  if (!best) throw damaged(file.name, 'no picture in it can be read')
  const several = pictures.length > 1 ? { pages: pictures.length } : {}
  if (!best.header) {
    const metadata = await readMetadata({ name: file.name, input: best.bytes })
    return { ...libvipsPicture('ico', best.bytes, metadata), notes: [], ...several }
  }
  const { bytes, header } = best
  checkSize(file.name, best)
  return {
    mime: pictureMimes.ico,
    width: best.width,
    height: best.height,
    hasAlpha: true,
    notes: [],
    ...several,
    pixels: async () => shown(readIcon(bytes, header), 1, []).pixels,
  }
}

interface Entry {
  readonly bytes: Buffer
  readonly width: number
  readonly height: number
  readonly bits: number
  /** null: a PNG file. */
  readonly header: DibHeader | null
}

/** What an entry holds; null when it is neither a PNG nor a bitmap. */
function read(bytes: Buffer): Entry | null {
  if (bytes.length > 33 && bytes.subarray(0, 8).equals(PNG_MARK)) {
    return { bytes, width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), bits: 32, header: null }
  }
  const header = readDibHeader(bytes, 0)
  // the stated height counts the mask too
  if (!header || header.compression > RLE4 || header.height < 2) return null
  return { bytes, width: header.width, height: Math.floor(header.height / 2), bits: header.bits, header }
}

/** The colours, with the alpha of 32 bits where it is used, or else the mask behind them: a set bit is transparent. */
function readIcon(bytes: Buffer, stored: DibHeader) {
  const height = Math.floor(stored.height / 2)
  const masks =
    stored.bits === 32 && stored.compression === 0 ? ([0xff0000, 0xff00, 0xff, 0xff000000] as const) : stored.masks
  const { raw, rows } = readDibPixels(bytes, stored.end, { ...stored, height, masks })
  if (rows < height) throw new Error('cut off')
  let hasAlpha = false
  if (masks?.[3]) {
    const alphaAt = stored.end + 3
    for (let i = 0; i < raw.width * height && !hasAlpha; i++) hasAlpha = bytes[alphaAt + i * 4] !== 0
    if (!hasAlpha) opaqueWhereUnused(raw.data)
  }
  if (hasAlpha) return raw
  const maskAt = stored.end + dibStride(raw.width, stored.bits) * height
  const stride = dibStride(raw.width, 1)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < raw.width; x++) {
      const byte = bytes[maskAt + (height - 1 - y) * stride + (x >> 3)] ?? 0
      if ((byte >> (7 - (x & 7))) & 1) raw.data[(y * raw.width + x) * 4 + 3] = 0
    }
  return raw
}
