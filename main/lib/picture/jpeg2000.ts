import { AppError, say } from '#contract'
import sharp from 'sharp'
import { loadPdfium } from '../pdf/pdfium.ts'
import type { Pdfium } from '../pdf/pdfium.ts'
import { boxHead } from './heifFile.ts'
import { checkSize } from './libvips.ts'
import type { OpenReader, PictureFile } from './reader.ts'
import { damaged, pictureMimes, tooLarge } from './refusals.ts'

/** pdfium's memory holds a picture of this many pixels, its file and what it is decoded in. */
const MAX_PIXELS = 60_000_000
const MAX_BYTES = 256 * 1024 ** 2
/** Pixels of four bytes: blue, green, red, and one that is not used. */
const BGRX = 3

/** The first marker of a codestream and the one of its size (ISO/IEC 15444-1, A.5.1). */
const CODESTREAM = 0xff4f_ff51

interface CodedSize {
  readonly width: number
  readonly height: number
  readonly channels: number
}

/**
 * JPEG 2000, as a file (JP2, JPX) or a bare codestream. pdfium decodes it as the one picture of a PDF, in the colours that the file
 * tells. @throws AppError UnsupportedMedia, DamagedMedia, MediaTooLarge.
 */
export const openJpeg2000: OpenReader = async (file) => {
  const { width, height, channels } = await codedSize(file)
  checkSize(file.name, { width, height })
  if (width * height > MAX_PIXELS) throw tooLarge(file.name, width, height, MAX_PIXELS)
  if (file.bytes > MAX_BYTES)
    throw new AppError('MediaTooLarge', say`${file.name} is larger than 256 MB. Save it as PNG or JPEG and use that.`)
  if (channels > 4)
    throw new AppError(
      'UnsupportedMedia',
      say`${file.name} is a JPEG 2000 picture of ${channels} channels, which cannot be read. Save its colours as PNG and use that.`,
      { kind: 'jp2' },
    )
  return {
    mime: pictureMimes.jp2,
    width,
    height,
    hasAlpha: false,
    notes: [],
    pixels: async () => {
      const data = await draw(file.name, await file.read(), { width, height })
      return sharp(data, { raw: { width, height, channels: 3 } })
    },
  }
}

/** The size of the whole picture, of which tiles and components are parts. */
async function codedSize(file: PictureFile): Promise<CodedSize> {
  let at = 0
  if (Buffer.from(file.head.subarray(0, 4)).readUInt32BE(0) !== CODESTREAM)
    for (;;) {
      const head = await file.readAt(at, 16)
      if (head.length < 8) throw damaged(file.name, 'no picture in it')
      const { type, length, header } = boxHead(head, file.bytes - at)
      if (length < header) throw damaged(file.name, `broken ${type} box`)
      if (type === 'jp2c') {
        at += header
        break
      }
      at += length
    }
  const start = await file.readAt(at, 42)
  if (start.length < 42 || start.readUInt32BE(0) !== CODESTREAM) throw damaged(file.name, 'no codestream')
  const [right, bottom, left, top] = [8, 12, 16, 20].map((offset) => start.readUInt32BE(offset)) as [
    number,
    number,
    number,
    number,
  ]
  if (right <= left || bottom <= top) throw damaged(file.name, 'no size')
  return { width: right - left, height: bottom - top, channels: start.readUInt16BE(40) }
}

/** The picture over white: RGB, in a buffer of its own. Throws where nothing is drawn, and MediaTooLarge. */
async function draw(
  name: string,
  bytes: Buffer,
  size: { readonly width: number; readonly height: number },
): Promise<Buffer> {
  // loaded for this picture alone: its memory, which never shrinks, goes with it
  const pdfium = await loadPdfium()
  try {
    return drawn(pdfium, asPdf(bytes, size), size)
  } catch (error) {
    if (!pdfium.isStarved()) throw error
    throw new AppError(
      'MediaTooLarge',
      say`${name} needs more memory than a JPEG 2000 picture may take here (1 GB). Save it as PNG or JPEG and use that.`,
      undefined,
      { cause: error },
    )
  }
}

function drawn(
  pdfium: Pdfium,
  pdf: Buffer,
  { width, height }: { readonly width: number; readonly height: number },
): Buffer {
  const place = pdfium.allocate(pdf.length)
  pdfium.memory().set(pdf, place)
  const document = pdfium.FPDF_LoadMemDocument(place, pdf.length, '')
  const page = document === 0 ? 0 : pdfium.FPDF_LoadPage(document, 0)
  if (page === 0) throw new Error('pdfium opens no page')
  const stride = width * 4
  const pixels = pdfium.allocate(stride * height)
  const bitmap = pdfium.FPDFBitmap_CreateEx(width, height, BGRX, pixels, stride)
  pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xffff_ffff)
  pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, 0)
  const data = Buffer.allocUnsafe(width * height * 3)
  const bgrx = pdfium.memory().subarray(pixels, pixels + stride * height)
  for (let from = 0, to = 0; from < bgrx.length; from += 4, to += 3) {
    data[to] = bgrx[from + 2]!
    data[to + 1] = bgrx[from + 1]!
    data[to + 2] = bgrx[from]!
  }
  // a picture that cannot be decoded is white paper too
  if (data.every((value) => value === 255) && !isDecoded(pdfium, page)) throw new Error('pdfium decodes no picture')
  return data
}

/** Whether the picture of the page has pixels. */
function isDecoded(pdfium: Pdfium, page: number): boolean {
  const object = pdfium.FPDFPage_GetObject(page, 0)
  return object !== 0 && pdfium.FPDFImageObj_GetBitmap(object) !== 0
}

/** A PDF of one page, a point for each pixel, that the picture fills. */
function asPdf(bytes: Buffer, { width, height }: { readonly width: number; readonly height: number }): Buffer {
  const content = `${width} 0 0 ${height} 0 0 cm /P Do`
  const objects: (string | Buffer)[][] = [
    ['<< /Type /Catalog /Pages 2 0 R >>'],
    ['<< /Type /Pages /Kids [3 0 R] /Count 1 >>'],
    [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${width} ${height}] /Resources << /XObject << /P 5 0 R >> >> /Contents 4 0 R >>`,
    ],
    [`<< /Length ${content.length} >>\nstream\n${content}\nendstream`],
    [
      `<< /Type /XObject /Subtype /Image /Width ${width} /Height ${height} /SMaskInData 1 /Filter /JPXDecode /Length ${bytes.length} >>\nstream\n`,
      bytes,
      '\nendstream',
    ],
  ]
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n')]
  const offsets: number[] = []
  let length = parts[0]!.length
  const write = (piece: string | Buffer) => {
    const written = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece
    parts.push(written)
    length += written.length
  }
  objects.forEach((pieces, i) => {
    offsets.push(length)
    write(`${i + 1} 0 obj\n`)
    pieces.forEach(write)
    write('\nendobj\n')
  })
  const table = length
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  write(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}`)
  write(`trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`)
  return Buffer.concat(parts)
}
