import { crc32, createInflate, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { isSrgbMatrix, makeProfile, matrixOf, powers, primaries } from './colour.ts'
import type { Matrix } from './colour.ts'
import { HDR_NOTE, hdrColours, storedPixels, toneMapped } from './hdrPicture.ts'
import { checkSize, lax, libvipsPicture, readMetadata, sequenceNotes, strict, toSrgb } from './libvips.ts'
import { PNG_MARK, pngChunk } from './pngChunks.ts'
import type { OpenReader, PictureFile } from './reader.ts'
import { damaged } from './refusals.ts'
import {
  PARTS_WRONG,
  WHOLE_WITHOUT_END,
  WHOLE_WITH_WRONG_SUM,
  dropAfter,
  dropDifferent,
  readRawPixels,
  shown,
} from './salvage.ts'
import type { Salvaged } from './salvage.ts'

/** Chunks before the pixels that are kept in memory at most; real ones take a few kilobytes. */
const MAX_HEADER = 16 * 1024 ** 2

/**
 * PNG. Its size is in bytes 16 to 23, so a huge one is refused as huge even when the rest of it is missing. Colours that it
 * tells without a profile (cICP, gAMA, cHRM) are honoured as browsers do, HDR too.
 */
export const openPng: OpenReader = async (file) => {
  if (file.head.length < 24) throw damaged(file.name, 'cut before the size')
  const view = new DataView(file.head.buffer, file.head.byteOffset, file.head.byteLength)
  checkSize(file.name, { width: view.getUint32(16), height: view.getUint32(20) })
  const chunks = await chunksBeforePixels(file)
  const profile = profileOf(chunks)
  const input = profile ? await withProfile(file, profile) : file.input
  const metadata = await readMetadata({ name: file.name, input })
  const frames = chunks.get('acTL')?.readUInt32BE(0) ?? 1
  const [primary, transfer] = chunks.get('cICP') ?? []
  const hdr = hdrColours(primary, transfer)
  return {
    ...libvipsPicture('png', input, metadata),
    ...(hdr && {
      pixels: async (turn) => {
        const stored = await storedPixels(sharp(input, { ...strict, ignoreIcc: true }), metadata.depth === 'ushort')
        return shown(toneMapped(stored, hdr), turn === 'stored' ? 1 : (metadata.orientation ?? 1), []).pixels
      },
    }),
    notes: [...sequenceNotes(frames), ...(hdr ? [HDR_NOTE] : [])],
    ...(frames > 1 && { pages: frames }),
    salvage: async () => salvagePng(typeof input === 'string' ? await file.read() : input, metadata.orientation ?? 1),
  }
}

/** What stands before the first IDAT, by name; the first of each. */
async function chunksBeforePixels(file: PictureFile): Promise<Map<string, Buffer>> {
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < MAX_HEADER; ) {
    const head = at + 8 <= file.head.length ? Buffer.from(file.head.subarray(at, at + 8)) : await file.readAt(at, 8)
    if (head.length < 8) break
    const length = head.readUInt32BE(0)
    const name = head.toString('latin1', 4, 8)
    if (name === 'IDAT' || length > MAX_HEADER) break
    if (!chunks.has(name))
      chunks.set(
        name,
        ['IHDR', 'gAMA', 'cHRM', 'cICP', 'acTL'].includes(name) ? await file.readAt(at + 8, length) : Buffer.alloc(0),
      )
    at += length + 12
  }
  return chunks
}

/**
 * The profile for colours that are told otherwise; null: there is one, or they are sRGB. cICP wins over iCCP over sRGB over
 * gAMA and cHRM; cHRM alone says nothing to browsers.
 */
function profileOf(chunks: Map<string, Buffer>): Buffer | null {
  const grey = [0, 4].includes(chunks.get('IHDR')?.[9] ?? 2)
  const cicp = chunks.get('cICP')
  // what was made for television is shown as a television does, by a power of 2.4
  const curveOf = (transfer: number): number | 'srgb' | undefined =>
    transfer === 13 ? 'srgb' : [1, 6, 14, 15].includes(transfer) ? 2.4 : powers[transfer]
  const named = cicp && cicp.length >= 2 ? { chromaticities: primaries[cicp[0]!], curve: curveOf(cicp[1]!) } : null
  if (named?.chromaticities && named.curve) return plainOrProfile(grey, matrixOf(named.chromaticities)!, named.curve)
  if (chunks.has('iCCP') || chunks.has('sRGB')) return null
  const [gamma, points] = [chunks.get('gAMA'), chunks.get('cHRM')]
  const stated = gamma && gamma.length >= 4 ? gamma.readUInt32BE(0) / 100_000 : 0
  if (stated === 0) return null
  const [wx, wy, rx, ry, gx, gy, bx, by] =
    points && points.length >= 32 ? Array.from({ length: 8 }, (_, i) => points.readUInt32BE(i * 4) / 100_000) : []
  const matrix = matrixOf(by === undefined ? primaries[1]! : [rx!, ry!, gx!, gy!, bx!, by, wx!, wy!])
  // with sRGB's primaries, the gamma that pictures in sRGB state stands for sRGB's curve
  const isSrgb = matrix && (grey || isSrgbMatrix(matrix)) && Math.abs(stated - 1 / 2.2) < 0.01
  return matrix && !isSrgb ? plainOrProfile(grey, matrix, 1 / stated) : null
}

function plainOrProfile(grey: boolean, matrix: Matrix, curve: number | 'srgb'): Buffer | null {
  return curve === 'srgb' && (grey || isSrgbMatrix(matrix)) ? null : makeProfile(grey ? null : matrix, curve)
}

/** The whole file with a profile after its IHDR; libpng takes the first and leaves another aside. */
async function withProfile(file: PictureFile, profile: Buffer): Promise<Buffer> {
  const bytes = await file.read()
  const chunk = pngChunk('iCCP', Buffer.concat([Buffer.from('x\0\0', 'latin1'), deflateSync(profile)]))
  return Buffer.concat([bytes.subarray(0, 33), chunk, bytes.subarray(33)])
}

/** Samples of a pixel by colour type. */
const samples: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
/** Offset and step of the seven passes of Adam7: x, y, across, down. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

/**
 * What can be shown of a cut or damaged PNG: its pixel data are unpacked as far as they go, the rest is filled up, and the
 * file is put together anew. Throws where no row is left.
 */
export async function salvagePng(bytes: Buffer, orientation: number): Promise<Salvaged> {
  const { header, before, data, wrongSums } = takeApart(bytes)
  const lines = linesOf(header)
  const size = lines.reduce((sum, length) => sum + length, 0)
  const { pixels, checked } = await unpack(data, size)
  const interlaced = header[12] === 1
  let rows = 0
  for (let at = lines[0] ?? 0; rows < lines.length && at <= pixels.length; at += lines[++rows] ?? 0);
  const filled = async (value: number) => {
    const whole = Buffer.alloc(size, value)
    let at = 0
    lines.forEach((length, i) => {
      if (i < rows) pixels.copy(whole, at, at, at + length)
      else whole[at] = 0
      at += length
    })
    const png = Buffer.concat([
      PNG_MARK,
      ...before,
      pngChunk('IDAT', deflateSync(whole, { level: 1 })),
      pngChunk('IEND', Buffer.alloc(0)),
    ])
    return readRawPixels(await toSrgb(png, await readMetadata({ name: '', input: png }, lax), 'stored', lax))
  }
  if (rows === 0) throw new Error('no row is left')
  if (rows === lines.length)
    return shown(await filled(0), orientation, [
      checked ? (wrongSums ? WHOLE_WITH_WRONG_SUM : WHOLE_WITHOUT_END) : PARTS_WRONG,
    ])
  const salvaged = interlaced
    ? dropDifferent(await filled(0), await filled(255))
    : dropAfter(await filled(0), rows * header.readUInt32BE(0), orientation)
  return wrongSums ? { ...salvaged, notes: [...salvaged.notes, PARTS_WRONG] } : salvaged
}

/** The chunks that matter, with their sums set right; `data` is the packed pixels as far as they are there. */
function takeApart(bytes: Buffer) {
  const header = bytes.subarray(16, 29)
  const before: Buffer[] = []
  const data: Buffer[] = []
  let wrongSums = false
  for (let at = 8; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    const name = bytes.toString('latin1', at + 4, at + 8)
    const content = bytes.subarray(at + 8, at + 8 + length)
    const end = at + 8 + length
    const right = end + 4 <= bytes.length && crc32(bytes.subarray(at + 4, end)) === bytes.readUInt32BE(end)
    const whole = end + 4 <= bytes.length
    const critical = ['IHDR', 'PLTE', 'tRNS', 'IDAT'].includes(name)
    if (critical && whole && !right) wrongSums = true
    if (name === 'IDAT') data.push(content)
    else if (name === 'IEND' || !whole) break
    else if (data.length === 0 && (right || critical)) before.push(pngChunk(name, content))
    at = end + 4
  }
  return { header, before, data, wrongSums }
}

/** Bytes of every stored line, its filter's number included; throws for a header that is none. */
function linesOf(header: Buffer): number[] {
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const bits = header[8]! * samples[header[9]!]!
  if (!bits || header[12]! > 1) throw new Error('no PNG header')
  const length = (pixels: number) => 1 + Math.ceil((pixels * bits) / 8)
  if (header[12] === 0) return Array.from({ length: height }, () => length(width))
  return PASSES.flatMap(([x, y, across, down]) => {
    const columns = Math.ceil((width - x) / across)
    return columns > 0 ? Array.from({ length: Math.max(0, Math.ceil((height - y) / down)) }, () => length(columns)) : []
  })
}

/** Unpacks up to `size` bytes, as far as it goes; `checked`: all is there and its own check sum holds. */
async function unpack(data: readonly Buffer[], size: number): Promise<{ pixels: Buffer; checked: boolean }> {
  const inflate = createInflate()
  const parts: Buffer[] = []
  let length = 0
  const checked = await new Promise<boolean>((resolve) => {
    inflate.on('data', (part: Buffer) => {
      parts.push(part)
      if ((length += part.length) > size) resolve(false)
    })
    inflate.on('error', () => resolve(false))
    inflate.on('end', () => resolve(true))
    for (const part of data) inflate.write(part)
    inflate.end()
  })
  inflate.destroy()
  return { pixels: Buffer.concat(parts).subarray(0, size), checked: checked && length === size }
}
