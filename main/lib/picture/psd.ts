import { AppError } from '#contract'
import { checkSize } from './libvips.ts'
import { inMemory } from './reader.ts'
import type { OpenReader, PictureFile } from './reader.ts'
import { damaged, pictureMimes } from './refusals.ts'
import { Tag } from './tiff/directory.ts'
import { decompressors } from './tiff/decompress.ts'
import { tiffHead } from './tiff/encode.ts'
import type { TagValue } from './tiff/encode.ts'
import { Photometric } from './tiff/layout.ts'
import { openTiff } from './tiff/tiff.ts'

/** Colour modes by their number in a PSD: what they are in a TIFF, and how many channels make a colour. */
const modes: Readonly<Record<number, { readonly photometric: number; readonly colours: number }>> = {
  0: { photometric: Photometric.minIsWhite, colours: 1 },
  1: { photometric: Photometric.minIsBlack, colours: 1 },
  2: { photometric: Photometric.palette, colours: 1 },
  3: { photometric: Photometric.rgb, colours: 3 },
  4: { photometric: Photometric.cmyk, colours: 4 },
  7: { photometric: Photometric.minIsBlack, colours: 1 },
  // grey with inks to be printed in other colours
  8: { photometric: Photometric.minIsBlack, colours: 1 },
  9: { photometric: Photometric.iccLab, colours: 3 },
}
const CMYK = 4
const PALETTE = 2
const PACK_BITS = 32_773
/** Image resources that are read: an ICC profile, and whether the composite is a real one. */
const Resource = { icc: 1039, version: 1057 } as const
/** Colours that a palette has, one byte each for red, green and blue. */
const PALETTE_COLOURS = 256
const MOST_RESOURCES = 64 * 1024 ** 2

interface Header {
  /** PSB: lengths of 8 bytes where a PSD has 4. */
  readonly isLarge: boolean
  readonly channels: number
  readonly width: number
  readonly height: number
  readonly bits: number
  readonly mode: number
}

/**
 * PSD and PSB: the composite that the program stored beside the layers, over white as it is there. Its planes are handed on as an
 * uncompressed TIFF, so that inks, Lab, depths and profiles are dealt with in one place. After Adobe's "Photoshop File Formats
 * Specification". @throws AppError UnsupportedMedia without a composite or in a mode that is not read, DamagedMedia,
 * MediaTooLarge.
 */
export const openPsd: OpenReader = async (file) => {
  const header = readHeader(file)
  const { width, height, bits } = header
  checkSize(file.name, header)
  const mode = modes[header.mode]
  if (!mode || ![1, 8, 16, 32].includes(bits))
    throw refused(file.name, `holds colours of a kind (mode ${header.mode}, ${bits} bits) that cannot be read here`)
  if (header.channels < mode.colours) throw damaged(file.name, 'too few channels')
  const modeData = await section(file, 26, false)
  const resources = await section(file, modeData.end, false)
  const layers = await section(file, resources.end, header.isLarge)
  const found = readResources(await file.readAt(resources.start, Math.min(resources.length, MOST_RESOURCES)))
  if (found.get(Resource.version)?.[4] === 0)
    throw refused(file.name, 'was saved without a picture of all its layers together')
  const palette = header.mode === PALETTE ? await file.readAt(modeData.start, PALETTE_COLOURS * 3) : null
  const icc = found.get(Resource.icc)
  const tags: TagValue[] = [
    [Tag.width, [width]],
    [Tag.height, [height]],
    [Tag.bits, Array<number>(mode.colours).fill(bits)],
    [Tag.compression, [1]],
    [Tag.photometric, [mode.photometric]],
    [Tag.samples, [mode.colours]],
    [Tag.rowsPerStrip, [height]],
    [Tag.planar, [2]],
    ...(bits === 32 ? ([[Tag.sampleFormat, Array<number>(mode.colours).fill(3)]] as const) : []),
    ...(palette ? ([[Tag.colourMap, Array.from(palette, (value) => value * 257)]] as const) : []),
    ...(icc ? ([[Tag.icc, icc]] as const) : []),
  ]
  const planeBytes = Math.ceil((width * bits) / 8) * height
  const open = async () => {
    const planes = await readPlanes(file, layers.end, { header, colours: mode.colours })
    const head = tiffHead([{ tags, blockLengths: Array<number>(mode.colours).fill(planeBytes) }])
    return openTiff(inMemory(file, Buffer.concat([head, planes])))
  }
  const notes: string[] = []
  return {
    mime: pictureMimes.psd,
    width,
    height,
    hasAlpha: false,
    notes,
    pixels: async (turn) => {
      const reader = await open()
      const pixels = await reader.pixels(turn)
      for (const note of reader.notes) if (!notes.includes(note)) notes.push(note)
      return pixels
    },
    salvage: async (error) => {
      const reader = await open()
      if (!reader.salvage) throw error
      return reader.salvage(error)
    },
  }
}

function readHeader({ name, head }: PictureFile): Header {
  if (head.length < 26) throw damaged(name, 'cut in its header')
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const header = {
    isLarge: view.getUint16(4) === 2,
    channels: view.getUint16(12),
    height: view.getUint32(14),
    width: view.getUint32(18),
    bits: view.getUint16(22),
    mode: view.getUint16(24),
  }
  if (header.width === 0 || header.height === 0) throw damaged(name, 'no size')
  return header
}

/** A section that begins with its length: where what is in it starts and ends. */
async function section(file: PictureFile, at: number, isLarge: boolean) {
  const size = isLarge ? 8 : 4
  const head = await file.readAt(at, size)
  if (head.length < size) throw damaged(file.name, 'cut before the picture')
  const length = isLarge ? Number(head.readBigUInt64BE(0)) : head.readUInt32BE(0)
  return { start: at + size, length, end: at + size + length }
}

/** Image resources by their number; what is cut off is left out. */
function readResources(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>()
  for (let at = 0; at + 12 <= bytes.length && bytes.toString('latin1', at, at + 4) === '8BIM'; ) {
    const id = bytes.readUInt16BE(at + 4)
    const nameEnd = at + 6 + even(bytes[at + 6]! + 1)
    if (nameEnd + 4 > bytes.length) break
    const length = bytes.readUInt32BE(nameEnd)
    found.set(id, bytes.subarray(nameEnd + 4, nameEnd + 4 + length))
    at = nameEnd + 4 + even(length)
  }
  return found
}

const even = (length: number): number => length + (length % 2)

/** The planes of the colours, one after the other, as a TIFF has them; as far as they are there. */
async function readPlanes(
  file: PictureFile,
  at: number,
  { header, colours }: { header: Header; colours: number },
): Promise<Buffer> {
  const { isLarge, channels, width, height, bits, mode } = header
  const rowBytes = Math.ceil((width * bits) / 8)
  const compression = (await file.readAt(at, 2)).readUInt16BE(0)
  if (compression > 1) throw refused(file.name, 'has a picture that is compressed in a way that cannot be read here')
  const size = rowBytes * height * colours
  let planes: Buffer
  if (compression === 0) planes = await file.readAt(at + 2, size)
  else {
    const width = isLarge ? 4 : 2
    const counts = await file.readAt(at + 2, height * channels * width)
    const lengths = Array.from({ length: Math.min(height * colours, Math.floor(counts.length / width)) }, (_, row) =>
      counts.readUIntBE(row * width, width),
    )
    const packed = await file.readAt(
      at + 2 + height * channels * width,
      lengths.reduce((sum, length) => sum + length, 0),
    )
    planes = Buffer.alloc(size)
    let [from, row] = [0, 0]
    for (const length of lengths) {
      if (from + length > packed.length) break
      decompressors[PACK_BITS]!(packed.subarray(from, from + length), rowBytes).copy(planes, row * rowBytes)
      from += length
      row++
    }
    planes = planes.subarray(0, row * rowBytes)
  }
  if (planes.length === 0) throw damaged(file.name, 'cut before the picture')
  // inks are stored as what they leave of the paper
  if (mode === CMYK) for (let i = 0; i < planes.length; i++) planes[i] = 255 - planes[i]!
  return bits > 8 ? littleEndian(planes, bits / 8) : planes
}

/** The TIFF's own order of bytes. In the same memory. */
function littleEndian(values: Buffer, bytes: number): Buffer {
  const whole = values.subarray(0, values.length - (values.length % bytes))
  return bytes === 2 ? whole.swap16() : whole.swap32()
}

const refused = (name: string, what: string): AppError =>
  new AppError(
    'UnsupportedMedia',
    `${name} is a Photoshop file that ${what}. Open it in the program that made it, save it as PNG and use that; ` +
      'or save it anew with "Maximize compatibility".',
    { kind: 'psd' },
  )
