import { bicubicKernel, fromOtherEnd, PRECISION_BITS } from './resampleKernel.ts'
import type { Kernel } from './resampleKernel.ts'
import type { Size } from './smartResize.ts'

/** Pixels of a picture: sRGB, 8 bits, interleaved R G B, rows from top to bottom. */
export interface RgbPicture extends Size {
  readonly data: Uint8Array
}

const HALF = 1 << (PRECISION_BITS - 1)

/**
 * Resizes to exactly `size`, stretching where the ratio differs: Pillow's `Image.resize` with BICUBIC, bit for bit.
 * Returns the input itself when nothing changes.
 */
export function resizeBicubic(picture: RgbPicture, size: Size): RgbPicture {
  if (picture.width === size.width && picture.height === size.height) return picture
  const resizer = new RowResizer(picture, size)
  resizer.push(picture.data)
  return resizer.finish()
}

/**
 * Resizes rows as they come, so that the whole picture is never in memory; the pixels are those of `resizeBicubic`. Two
 * passes, rounded and clipped to 8 bits between them; a direction that keeps its size has no pass. The horizontal one goes
 * first, except where the height loses more than twice as many pixels as the width (Pillow 13, its pull request 9549).
 *
 * `orientation` (1 to 8, as EXIF counts) says how the rows are turned to be shown; `from` and `to` are sizes as shown. Rows
 * are taken as they are stored: both passes are turned instead of the pixels, and the small result in the end.
 */
export class RowResizer {
  private readonly to: Size
  private readonly orientation: number
  /** The first stored row is shown last. */
  private readonly flipped: boolean
  /** As stored. */
  private readonly width: number
  private readonly outWidth: number
  private readonly outHeight: number
  private readonly across: Kernel | null
  private readonly down: Kernel | null
  private readonly acrossFirst: boolean
  private readonly out: Uint8ClampedArray
  /** One sum per value for each output row that is begun, by its number. */
  private readonly begun = new Map<number, Int32Array>()
  private readonly spare: Int32Array[] = []
  /** The row between both passes. */
  private readonly between: Uint8ClampedArray
  private row = 0
  /** The first output row that may not be begun yet. */
  private next = 0

  constructor(from: Size, to: Size, orientation = 1) {
    const turned = orientation >= 5
    this.to = to
    this.orientation = orientation
    this.width = turned ? from.height : from.width
    this.outWidth = turned ? to.height : to.width
    this.outHeight = turned ? to.width : to.height
    const shownAcross = from.width === to.width ? null : bicubicKernel(from.width, to.width)
    const shownDown = from.height === to.height ? null : bicubicKernel(from.height, to.height)
    const [across, down] = turned ? [shownDown, shownAcross] : [shownAcross, shownDown]
    const stored = turned ? { width: from.height, height: from.width } : from
    this.flipped = flipsDown(orientation)
    this.across = flipsAcross(orientation) ? fromOtherEnd(across ?? bicubicKernel(stored.width, stored.width), stored.width) : across
    // output rows are numbered as the stored rows come, and placed as shown
    this.down = down && this.flipped ? upsideDown(fromOtherEnd(down, stored.height)) : down
    const heightFirst = to.height < from.height && from.height - to.height > (from.width - to.width) * 2
    this.acrossFirst = heightFirst === turned
    this.out = new Uint8ClampedArray(this.outWidth * this.outHeight * 3)
    this.between = new Uint8ClampedArray((this.acrossFirst ? this.outWidth : this.width) * 3)
  }

  /** Takes the next rows, any number of them, as they are stored. */
  push(rows: Uint8Array): void {
    const stride = this.width * 3
    // one type of array everywhere keeps the inner loops fast
    const clamped = new Uint8ClampedArray(rows.buffer, rows.byteOffset, rows.length)
    for (let at = 0; at < rows.length; at += stride, this.row++) this.take(clamped, at)
  }

  /** The result, once all rows were pushed. */
  finish(): RgbPicture {
    const stored = { data: new Uint8Array(this.out.buffer), width: this.outWidth, height: this.outHeight }
    return { data: turn(stored, this.orientation), width: this.to.width, height: this.to.height }
  }

  /** Where an output row begins in `out`. */
  private place(row: number): number {
    return (this.flipped ? this.outHeight - 1 - row : row) * this.outWidth * 3
  }

  private take(rows: Uint8ClampedArray, at: number): void {
    const { across, down, out, outWidth } = this
    const values = (across && !this.acrossFirst ? this.width : outWidth) * 3
    if (!down) {
      const target = this.place(this.row)
      if (across) resizeRow(rows, at, across, out, target)
      else out.set(rows.subarray(at, at + values), target)
      return
    }
    let [source, from] = [rows, at]
    if (across && this.acrossFirst) {
      resizeRow(rows, at, across, this.between, 0)
      ;[source, from] = [this.between, 0]
    }
    for (; this.next < this.outHeight && down.first[this.next]! <= this.row; this.next++) {
      this.begun.set(this.next, (this.spare.pop() ?? new Int32Array(values)).fill(HALF))
    }
    for (const [y, sums] of this.begun) {
      const tap = this.row - down.first[y]!
      const weight = down.weights[y * down.taps + tap]!
      addRow(sums, values, source, from, weight)
      if (tap < down.count[y]! - 1) continue
      this.begun.delete(y)
      this.spare.push(sums)
      const target = this.place(y)
      if (across && !this.acrossFirst) {
        rounded(sums, values, this.between, 0)
        resizeRow(this.between, 0, across, out, target)
      } else rounded(sums, values, out, target)
    }
  }
}

/** The same with its outputs in the other order. */
const upsideDown = ({ taps, first, count, weights }: Kernel): Kernel => ({
  taps,
  first: first.toReversed(),
  count: count.toReversed(),
  weights: Int32Array.from(weights, (_, i) => weights[(first.length - 1 - Math.floor(i / taps)) * taps + (i % taps)]!),
})

/** Whether stored columns, and stored rows, are shown from the other side. */
const flipsAcross = (orientation: number): boolean => [2, 3, 7, 8].includes(orientation)
const flipsDown = (orientation: number): boolean => [3, 4, 6, 7].includes(orientation)

/**
 * A picture whose rows and columns are in the order in which they are shown already, as it is shown: 5 to 8 change rows and
 * columns; the others nothing but the order, which the passes kept.
 */
function turn({ data, width, height }: RgbPicture, orientation: number): Uint8Array {
  if (orientation < 5) return data
  const out = new Uint8Array(data.length)
  for (let y = 0, from = 0; y < height; y++)
    for (let x = 0; x < width; x++, from += 3) {
      const to = (x * height + y) * 3
      out[to] = data[from]!
      out[to + 1] = data[from + 1]!
      out[to + 2] = data[from + 2]!
    }
  return out
}

/** One row of the horizontal pass; stores clip to 0..255 by themselves. */
function resizeRow(source: Uint8ClampedArray, sourceAt: number, kernel: Kernel, target: Uint8ClampedArray, targetAt: number): void {
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

/** Adds one row of the vertical pass to the sums of an output row. */
function addRow(sums: Int32Array, values: number, source: Uint8ClampedArray, from: number, weight: number): void {
  for (let i = 0; i < values; i++) sums[i] = (sums[i]! + Math.imul(source[from + i]!, weight)) | 0
}

function rounded(sums: Int32Array, values: number, target: Uint8ClampedArray, at: number): void {
  for (let i = 0; i < values; i++) target[at + i] = sums[i]! >> PRECISION_BITS
}
