import { AppError } from '#contract'
import sharp from 'sharp'
import { embedded, readDibHeader, readDibPixels } from './dib.ts'
import type { DibHeader } from './dib.ts'
import { isSrgbProfile } from './iccProfile.ts'
import { checkSize, lax } from './libvips.ts'
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
    `${name} is a BMP with a ${what} picture inside, which cannot be read. Save it as PNG or JPEG and use that.`,
    { kind: 'bmp' },
  )
