import { crc32, createInflate, deflateSync } from 'node:zlib'
import { lax, readMetadata, toSrgb } from './libvips.ts'
import { PNG_MARK, pngChunk } from './pngChunks.ts'
import {
  dropAfter,
  dropDifferent,
  PARTS_WRONG,
  readRawPixels,
  shown,
  WHOLE_WITH_WRONG_SUM,
  WHOLE_WITHOUT_END,
} from './salvage.ts'
import type { Salvaged } from './salvage.ts'

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
