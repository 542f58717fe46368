import type { Sharp } from 'sharp'
import { toSrgb } from '../video/hdr.ts'
import type { WideColours } from '../video/hdr.ts'
import type { RawPixels } from './rawTiff.ts'

/** What a user has to know of an HDR picture. */
export const HDR_NOTE = 'The picture is HDR; it is read as viewers show it on an ordinary screen (SDR).'

const transfers: Readonly<Record<number, WideColours['transfer']>> = { 16: 'pq', 18: 'hlg' }
const wide: Readonly<Record<number, WideColours['primaries']>> = { 1: 'bt709', 9: 'bt2020', 11: 'p3', 12: 'p3' }

/** The colours of an HDR picture by their numbers in H.273, as cICP chunks and nclx boxes tell them; null: it is none. */
export function hdrColours(primaries: number | undefined, transfer: number | undefined): WideColours | null {
  const hdr = transfers[transfer ?? 0]
  return hdr ? { transfer: hdr, primaries: wide[primaries ?? 0] ?? 'bt2020', isHdr: true } : null
}

/** Pixels as they are stored, of 8 bits, or of 16 where they have more than 8. */
export async function storedPixels(pixels: Sharp, deep: boolean): Promise<RawPixels> {
  const stored = deep ? pixels.toColourspace('rgb16').raw({ depth: 'ushort' }) : pixels.raw({ depth: 'uchar' })
  const { data, info } = await stored.toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height, channels: info.channels, bits: deep ? 16 : 8 }
}

/** Pixels that are mapped at a time. */
const BAND = 1 << 18

/** The pixels of an HDR picture as an ordinary screen shows them: sRGB of 8 bits, by the curve that HDR videos get; alpha stays. */
export function toneMapped({ data, width, height, channels, bits }: RawPixels, colours: WideColours): RawPixels {
  const values = bits === 16 ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data
  const scale = bits === 16 ? 1 : 257
  const step = channels > 2 ? 1 : 0
  const to = channels % 2 === 0 ? 4 : 3
  const out = new Uint8Array(width * height * to)
  for (let from = 0; from < width * height; from += BAND) {
    const count = Math.min(BAND, width * height - from)
    const band = Buffer.alloc(count * 6)
    for (let i = 0; i < count; i++)
      for (let c = 0; c < 3; c++) band.writeUInt16BE(values[(from + i) * channels + c * step]! * scale, i * 6 + c * 2)
    const rgb = toSrgb(band, colours)
    for (let i = 0; i < count; i++) {
      for (let c = 0; c < 3; c++) out[(from + i) * to + c] = rgb[i * 3 + c]!
      if (to === 4) out[(from + i) * 4 + 3] = (values[(from + i + 1) * channels - 1]! * scale) >> 8
    }
  }
  return { data: out, width, height, channels: to, bits: 8 }
}
