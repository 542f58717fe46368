import { bicubicKernel, PRECISION_BITS } from './resampleKernel.ts'
import type { Kernel } from './resampleKernel.ts'
import type { Size } from './smartResize.ts'

/** Pixels of a picture: sRGB, 8 bits, interleaved R G B, rows from top to bottom. */
export interface RgbPicture extends Size {
  readonly data: Uint8Array
}

const HALF = 1 << (PRECISION_BITS - 1)
/** Rows of the horizontal pass that are kept beyond what one output row needs. */
const BAND_ROWS = 64

/**
 * Resizes to exactly `size`, stretching where the ratio differs: Pillow's `Image.resize` with BICUBIC, bit for bit.
 * Two passes, rounded and clipped to 8 bits between them; a direction that keeps its size has no pass. The horizontal one
 * goes first, except where the height loses more than twice as many pixels as the width (Pillow 13, its pull request
 * 9549). Memory beside input and output is a band of rows. Returns the input itself when nothing changes.
 */
export function resizeBicubic(picture: RgbPicture, size: Size): RgbPicture {
  const { width, height } = size
  const across = width === picture.width ? null : bicubicKernel(picture.width, width)
  const down = height === picture.height ? null : bicubicKernel(picture.height, height)
  if (!across && !down) return picture
  const rowBytes = width * 3
  const out = new Uint8ClampedArray(rowBytes * height)
  if (!down) {
    for (let y = 0; y < height; y++) resizeRow(picture.data, y * picture.width * 3, across!, out, y * rowBytes)
  } else if (!across) {
    for (let y = 0; y < height; y++) blendRows(picture.data, 0, rowBytes, down, y, out, y * rowBytes)
  } else if (height < picture.height && picture.height - height > (picture.width - width) * 2) {
    const row = new Uint8ClampedArray(picture.width * 3)
    for (let y = 0; y < height; y++) {
      blendRows(picture.data, 0, row.length, down, y, row, 0)
      resizeRow(row, 0, across, out, y * rowBytes)
    }
  } else {
    resizeBoth(picture, across, down, out, rowBytes)
  }
  return { data: new Uint8Array(out.buffer), width, height }
}

/** Both passes over a sliding band, so that the horizontal result is never whole in memory. */
function resizeBoth(picture: RgbPicture, across: Kernel, down: Kernel, out: Uint8ClampedArray, rowBytes: number): void {
  const height = down.first.length
  const capacity = Math.min(picture.height, down.taps + BAND_ROWS)
  const band = new Uint8ClampedArray(capacity * rowBytes)
  let top = down.first[0]!
  let filled = top
  for (let y = 0; y < height; y++) {
    const start = down.first[y]!
    const end = start + down.count[y]!
    if (end - top > capacity) {
      if (start < filled) band.copyWithin(0, (start - top) * rowBytes, (filled - top) * rowBytes)
      filled = Math.max(filled, start)
      top = start
    }
    for (; filled < end; filled++) {
      resizeRow(picture.data, filled * picture.width * 3, across, band, (filled - top) * rowBytes)
    }
    blendRows(band, top, rowBytes, down, y, out, y * rowBytes)
  }
}

/** One row of the horizontal pass; stores clip to 0..255 by themselves. */
function resizeRow(source: Uint8Array | Uint8ClampedArray, sourceAt: number, kernel: Kernel, target: Uint8ClampedArray, targetAt: number): void {
  const { taps, first, count, weights } = kernel
  const width = first.length
  let t = targetAt
  for (let x = 0; x < width; x++) {
    let s = sourceAt + first[x]! * 3
    let w = x * taps
    const end = w + count[x]!
    let red = HALF
    let green = HALF
    let blue = HALF
    for (; w < end; w++, s += 3) {
      const weight = weights[w]!
      red = (red + Math.imul(source[s]!, weight)) | 0
      green = (green + Math.imul(source[s + 1]!, weight)) | 0
      blue = (blue + Math.imul(source[s + 2]!, weight)) | 0
    }
    target[t] = red >> PRECISION_BITS
    target[t + 1] = green >> PRECISION_BITS
    target[t + 2] = blue >> PRECISION_BITS
    t += 3
  }
}

/** Row `y` of the vertical pass; `top` is the number of the first row in `source`. */
function blendRows(
  source: Uint8Array | Uint8ClampedArray,
  top: number,
  rowBytes: number,
  kernel: Kernel,
  y: number,
  target: Uint8ClampedArray,
  targetAt: number,
): void {
  const { taps, first, count, weights } = kernel
  const from = y * taps
  const end = from + count[y]!
  let column = (first[y]! - top) * rowBytes
  let t = targetAt
  for (let i = 0; i < rowBytes; i += 3, column += 3, t += 3) {
    let s = column
    let red = HALF
    let green = HALF
    let blue = HALF
    for (let w = from; w < end; w++, s += rowBytes) {
      const weight = weights[w]!
      red = (red + Math.imul(source[s]!, weight)) | 0
      green = (green + Math.imul(source[s + 1]!, weight)) | 0
      blue = (blue + Math.imul(source[s + 2]!, weight)) | 0
    }
    target[t] = red >> PRECISION_BITS
    target[t + 1] = green >> PRECISION_BITS
    target[t + 2] = blue >> PRECISION_BITS
  }
}
