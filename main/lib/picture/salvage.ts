import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { rawTiff } from './rawTiff.ts'
import type { RawPixels } from './rawTiff.ts'

/** What could be read of a damaged picture. */
export interface Salvaged {
  /** As a reader's `pixels`: what is lost is white. */
  readonly pixels: Sharp
  /** What is lost, for the user. */
  readonly notes: readonly string[]
}

export const WHOLE_WITHOUT_END = 'The end of the file is missing; the picture is whole.'
export const WHOLE_WITH_WRONG_SUM = 'A check sum in the file is wrong; the picture is whole.'
export const PARTS_WRONG = 'The file is damaged: parts of the picture may be wrong.'
export const LESS_SHARP = 'The end of the file is missing: the picture is less sharp than it was.'

/** Decodes without giving up at damage; pixels as they are stored, 8 bits. */
export async function readRawPixels(pixels: Sharp): Promise<RawPixels> {
  const { data, info } = await pixels.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height, channels: info.channels, bits: 8 }
}

/**
 * The first pixel, in reading order, that two readings of a file with different bytes after its cut do not share: what is
 * after it was made up by the decoder. Infinity: they are the same.
 */
export function firstDifference(one: RawPixels, other: RawPixels): number {
  const at = one.data.findIndex((value, i) => value !== other.data[i])
  return at < 0 ? Infinity : Math.floor(at / one.channels)
}

/**
 * Makes everything from pixel `from` on white, in the same memory, and says how much that is. In the first `rows` rows, which
 * one row of blocks fills, what is left of `column` stays.
 */
export function dropAfter(
  raw: RawPixels,
  from: number,
  orientation: number,
  { rows, column } = { rows: 0, column: 0 },
): Salvaged {
  const { data, width, height, channels } = raw
  const kept = Math.min(rows, height - Math.floor(from / width))
  for (let i = 0; i < kept; i++)
    data.fill(255, (from + i * width + column) * channels, (from + (i + 1) * width) * channels)
  data.fill(255, (from + kept * width) * channels)
  return shown(raw, orientation, missing(1 - (from + kept * column) / (width * height), lostSide(orientation)))
}

/** Makes every pixel white that two readings do not share, and says how much that is. */
export function dropDifferent(one: RawPixels, other: RawPixels): Salvaged {
  const { data, channels } = one
  let lost = 0
  for (let i = 0; i < data.length; i += channels) {
    let same = true
    for (let c = 0; c < channels; c++) same &&= data[i + c] === other.data[i + c]
    if (same) continue
    data.fill(255, i, i + channels)
    lost += channels
  }
  return shown(one, 1, missing(lost / data.length, null))
}

/** Raw pixels as shown, with their notes. */
export function shown(raw: RawPixels, orientation: number, notes: readonly string[]): Salvaged {
  const { data, width, height, channels } = raw
  if (orientation === 1)
    return { pixels: sharp(data, { raw: { width, height, channels: channels as 1 | 2 | 3 | 4 } }), notes }
  return { pixels: sharp(rawTiff(raw, { orientation })).autoOrient(), notes }
}

/** Throws where nothing is left. */
function missing(share: number, side: string | null): string[] {
  if (share >= 1) throw new Error('nothing of the picture is left')
  const percent = `${Math.round(share * 100)} %`
  const lost = share < 0.01 ? 'Less than 1 %' : side ? `The ${side} ${percent}` : `About ${percent}`
  return [`${lost} of the picture is missing: its file is cut off or damaged.`]
}

/** Where the last stored rows are shown. */
const lostSide = (orientation: number): string =>
  ['lower', 'lower', 'upper', 'upper', 'right', 'left', 'left', 'right'][orientation - 1] ?? 'lower'
