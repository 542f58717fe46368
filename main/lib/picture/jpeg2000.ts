import { AppError } from '#contract'
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
/** Of the box that says what channels are, in bytes. */
const MAX_DEFINITIONS = 1024
/** Pixels of four bytes: blue, green, red, and one that is not used. */
const BGRX = 3

/** The first marker of a codestream and the one of its size (ISO/IEC 15444-1, A.5.1). */
const CODESTREAM = 0xff4f_ff51

interface Coded {
  readonly width: number
  readonly height: number
  readonly channels: number
  /** Where the box is that says what each channel is (`cdef`), with what it says; null: there is none. */
  readonly definitions: { readonly at: number; readonly data: Buffer } | null
}

/**
 * JPEG 2000, as a file (JP2, JPX) or a bare codestream. pdfium decodes it as the one picture of a PDF, in the colours that the file
 * tells. @throws AppError UnsupportedMedia, DamagedMedia, MediaTooLarge.
 */
export const openJpeg2000: OpenReader = async (file) => {
  const { width, height, channels, definitions } = await readHeader(file)
  checkSize(file.name, { width, height })
  if (width * height > MAX_PIXELS) throw tooLarge(file.name, width, height, MAX_PIXELS)
  if (file.bytes > MAX_BYTES)
    throw new AppError('MediaTooLarge', `${file.name} is larger than 256 MB. Save it as PNG or JPEG and use that.`)
  if (channels > 4)
    throw new AppError(
      'UnsupportedMedia',
      `${file.name} is a JPEG 2000 picture of ${channels} channels, which cannot be read. Save its colours as PNG and use that.`,
      { kind: 'jp2' },
    )
  return {
    mime: pictureMimes.jp2,
    width,
    height,
    hasAlpha: false,
    notes: definitions && hasOpacity(definitions.data) ? [OPAQUE] : [],
    pixels: async () => {
      const bytes = await file.read()
      // pdfium decodes the colours alone, and nothing where the box names a channel beyond them
      const coded = definitions && channels > 3 ? Buffer.from(bytes) : bytes
      if (coded !== bytes) coded.write('free', definitions!.at + 4, 'latin1')
      const data = await draw(file.name, coded, { width, height })
      return sharp(data, { raw: { width, height, channels: 3 } })
    },
  }
}

const OPAQUE = 'The picture is transparent in parts; it is shown with the colours that it has there.'

/** Whether a `cdef` box (ISO/IEC 15444-1, I.5.3.6) names a channel of opacity. */
const hasOpacity = (data: Buffer): boolean =>
  Array.from({ length: Math.floor((data.length - 2) / 6) }, (_, n) => data.readUInt16BE(4 + n * 6)).some(
    (type) => type === 1 || type === 2,
  )

/** The size of the whole picture, of which tiles and components are parts, and what its channels are. */
async function readHeader(file: PictureFile): Promise<Coded> {
  let definitions: Coded['definitions'] = null
  let at = 0
  if (Buffer.from(file.head.subarray(0, 4)).readUInt32BE(0) !== CODESTREAM)
    for (;;) {
      const { type, length, header } = await boxAt(file, at)
      if (type === 'jp2h') definitions = await definitionsIn(file, at + header, at + length)
      at += type === 'jp2c' ? header : length
      if (type === 'jp2c') break
    }
  const start = await file.readAt(at, 42)
  if (start.length < 42 || start.readUInt32BE(0) !== CODESTREAM) throw damaged(file.name, 'no codestream')
  const size = (edge: number, origin: number) => start.readUInt32BE(edge) - start.readUInt32BE(origin)
  const [width, height] = [size(8, 16), size(12, 20)]
  if (width <= 0 || height <= 0) throw damaged(file.name, 'no size')
  return { width, height, channels: start.readUInt16BE(40), definitions }
}

async function definitionsIn(file: PictureFile, from: number, end: number): Promise<Coded['definitions']> {
  for (let at = from; at + 8 <= end; ) {
    const { type, length, header } = await boxAt(file, at)
    if (type === 'cdef') return { at, data: await file.readAt(at + header, Math.min(length - header, MAX_DEFINITIONS)) }
    at += length
  }
  return null
}

async function boxAt(file: PictureFile, at: number): Promise<ReturnType<typeof boxHead>> {
  const head = await file.readAt(at, 16)
  if (head.length < 8) throw damaged(file.name, 'no picture in it')
  const box = boxHead(head, file.bytes - at)
  if (box.length < box.header) throw damaged(file.name, `broken ${box.type} box`)
  return box
}

/** The picture as RGB, in a buffer of its own. Throws where nothing is drawn, and MediaTooLarge. */
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
      `${name} needs more memory than a JPEG 2000 picture may take here (1 GB). Save it as PNG or JPEG and use that.`,
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
  const object = pdfium.FPDFPage_GetObject(page, 0)
  if (object === 0) throw new Error('pdfium finds no picture')
  // a picture that it cannot decode would be white paper
  const coded = pdfium.FPDFImageObj_GetBitmap(object)
  if (coded === 0) throw new Error('pdfium decodes no picture')
  pdfium.FPDFBitmap_Destroy(coded)
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
  return data
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
      `<< /Type /XObject /Subtype /Image /Width ${width} /Height ${height} /Filter /JPXDecode /Length ${bytes.length} >>\nstream\n`,
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
