import type { JpegOf } from './blocks.ts'
import { Tag, tiffDamaged, tiffUnsupported } from './directory.ts'
import type { Directory, TiffFile } from './directory.ts'
import { Photometric } from './layout.ts'
import type { Layout } from './layout.ts'

const SOI = Buffer.from([0xff, 0xd8])
const EOI = Buffer.from([0xff, 0xd9])
const isSoi = (bytes: Buffer): boolean => bytes[0] === 0xff && bytes[1] === 0xd8
/**
 * "Adobe" with transform 0: the channels are given as they are stored, which the TIFF's own tags then tell what they
 * are.
 */
const AS_STORED = segment(0xee, Buffer.from('Adobe\0\x64\0\0\0\0\0', 'latin1'))

interface Segment {
  readonly marker: number
  readonly bytes: Buffer
}

/** The segments of a JPEG stream up to its first scan, without those of applications, and what follows them. */
function split(stream: Buffer): { segments: Segment[]; rest: Buffer } {
  const segments: Segment[] = []
  let at = isSoi(stream) ? 2 : 0
  while (at + 4 <= stream.length && stream[at] === 0xff) {
    const marker = stream[at + 1]!
    if (marker === 0xff) {
      at += 1
      continue
    }
    if (marker === 0xda || marker === 0xd9) break
    const end = at + 2 + stream.readUInt16BE(at + 2)
    // APPn and comments: what they say of the colours is the TIFF's to say
    if (!(marker >= 0xe0 && marker <= 0xef) && marker !== 0xfe)
      segments.push({ marker, bytes: stream.subarray(at, end) })
    at = end
  }
  return { segments, rest: stream.subarray(at) }
}

const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)

/** Whether a stream begins as a JPEG that is no lossless one, which cameras use for raw data. */
export function isViewableJpeg(stream: Buffer): boolean {
  const frame = isSoi(stream) ? split(stream).segments.find(({ marker }) => isFrame(marker)) : undefined
  return frame !== undefined && [0xc0, 0xc1, 0xc2].includes(frame.marker)
}

/**
 * How the strips or tiles of a page become JPEG streams: those of compression 7 with the page's tables, those of the
 * old compression 6 with tables that stand in the file. @throws AppError UnsupportedMedia, DamagedMedia.
 */
export async function jpegBlocks(
  file: TiffFile,
  page: Directory,
  layout: Layout,
): Promise<{ layout: Layout; jpegOf: JpegOf }> {
  if (layout.bits !== 8) throw tiffUnsupported(file.name, `is compressed as JPEG with ${layout.bits} bits`)
  const plain: Layout = { ...layout, subsampling: [1, 1], predictor: 1 }
  if (layout.compression === 7) {
    const tables = split(await page.bytes(Tag.jpegTables)).segments.map(({ bytes }) => bytes)
    return { layout: plain, jpegOf: (packed) => joined(tables, packed) }
  }
  const stream = await interchangeStream(file, page)
  if (stream && split(stream).rest[1] === 0xda) {
    const { width, height } = layout
    const one = {
      ...plain,
      tiled: false,
      blockWidth: width,
      blockHeight: height,
      separate: false,
      offsets: [await page.number(Tag.jpegStream, 0)],
      counts: [stream.length],
    }
    return { layout: one, jpegOf: (packed) => joined([], packed) }
  }
  const tables = stream
    ? split(stream)
        .segments.filter(({ marker }) => !isFrame(marker))
        .map(({ bytes }) => bytes)
    : await oldTables(file, page)
  const restart = await page.number(Tag.jpegRestart, 0)
  if (restart > 0) tables.push(segment(0xdd, Buffer.from([restart >> 8, restart & 255])))
  return {
    layout: plain,
    jpegOf(packed, columns, rows) {
      if (isSoi(packed)) return joined([], packed)
      const scan = packed[0] === 0xff && packed[1] === 0xda ? packed : Buffer.concat([scanHeader(layout), packed])
      return Buffer.concat([SOI, AS_STORED, ...tables, frameHeader(layout, columns, rows), scan, EOI])
    },
  }
}

/** A block's own stream, with the tables of its page before it. */
function joined(tables: readonly Buffer[], packed: Buffer): Buffer {
  const { segments, rest } = split(packed)
  return Buffer.concat([SOI, AS_STORED, ...tables, ...segments.map(({ bytes }) => bytes), rest, EOI])
}

/** The stream that JPEGInterchangeFormat names: a whole JPEG, or one's tables. */
async function interchangeStream(file: TiffFile, page: Directory): Promise<Buffer | null> {
  const offset = await page.number(Tag.jpegStream, 0)
  if (offset === 0) return null
  const stream = await file.read(offset, Math.min(await page.number(Tag.jpegStreamLength, 1 << 28), 1 << 28))
  return isSoi(stream) ? stream : null
}

/** Tables as compression 6 has them: quantization as 64 bytes, Huffman as 16 counts and the symbols. */
async function oldTables(file: TiffFile, page: Directory): Promise<Buffer[]> {
  const tables: Buffer[] = []
  const read = async (offset: number, length: number) => {
    const bytes = await file.read(offset, length)
    if (bytes.length < length) throw tiffDamaged(file.name, 'tables of the JPEG are missing')
    return bytes
  }
  const quantization = await page.numbers(Tag.jpegQuantization)
  if (quantization.length === 0) throw tiffDamaged(file.name, 'no tables of the JPEG')
  for (const [n, offset] of quantization.entries())
    tables.push(segment(0xdb, Buffer.concat([Buffer.from([n]), await read(offset, 64)])))
  for (const [kind, tag] of [
    [0x00, Tag.jpegDc],
    [0x10, Tag.jpegAc],
  ] as const) {
    for (const [n, offset] of (await page.numbers(tag)).entries()) {
      const counts = await read(offset, 16)
      const symbols = await read(
        offset + 16,
        counts.reduce((sum, count) => sum + count, 0),
      )
      tables.push(segment(0xc4, Buffer.concat([Buffer.from([kind | n]), counts, symbols])))
    }
  }
  return tables
}

function frameHeader({ separate, samples, photometric, subsampling }: Layout, width: number, height: number): Buffer {
  const channels = separate ? 1 : samples
  const [across, down] = photometric === Photometric.yCbCr && !separate ? subsampling : [1, 1]
  const parts = Array.from({ length: channels }, (_, n) => [n + 1, n === 0 ? (across << 4) | down : 0x11, n])
  return segment(0xc0, Buffer.from([8, height >> 8, height & 255, width >> 8, width & 255, channels, ...parts.flat()]))
}

function scanHeader({ separate, samples }: Layout): Buffer {
  const channels = separate ? 1 : samples
  return segment(
    0xda,
    Buffer.from([channels, ...Array.from({ length: channels }, (_, n) => [n + 1, (n << 4) | n]).flat(), 0, 63, 0]),
  )
}

function segment(marker: number, body: Buffer): Buffer {
  const length = body.length + 2
  return Buffer.concat([Buffer.from([0xff, marker, length >> 8, length & 255]), body])
}
