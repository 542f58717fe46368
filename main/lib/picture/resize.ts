import type { Size } from '#contract'

/** Bits after the binary point of an 8-bit pass; 8 bits for the value and 2 for overshoot stay below 2^31. */
export const PRECISION_BITS = 32 - 8 - 2

const SUPPORT = 2
const A = -0.5

/** The weights of one direction: output `i` is the sum of `count[i]` inputs from `first[i]` on. */
export interface Kernel {
  /** Room per output in `weights`. */
  readonly taps: number
  readonly first: Int32Array
  readonly count: Int32Array
  /** Fixed point with `PRECISION_BITS` bits after the point. */
  readonly weights: Int32Array
}

/** Keys' cubic convolution with a = -0.5. */
function bicubic(distance: number): number {
  const x = Math.abs(distance)
  if (x < 1) return ((A + 2) * x - (A + 3)) * x * x + 1
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * A
  return 0
}

/**
 * Weights for resampling `from` samples to `to`: a bicubic kernel that is widened by the scale when shrinking, so that
 * every input sample counts. Same order of floating-point operations and same rounding as Pillow's `precompute_coeffs`
 * and `normalize_coeffs_8bpc`, on which bit-exact results rest.
 */
export function bicubicKernel(from: number, to: number): Kernel {
  const scale = from / to
  const filterScale = Math.max(scale, 1)
  const support = SUPPORT * filterScale
  const taps = Math.ceil(support) * 2 + 1
  const first = new Int32Array(to)
  const count = new Int32Array(to)
  const weights = new Int32Array(to * taps)
  const exact = new Float64Array(taps)
  const step = 1 / filterScale
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale
    const start = Math.max(0, Math.trunc(center - support + 0.5))
    const length = Math.min(from, Math.trunc(center + support + 0.5)) - start
    let sum = 0
    for (let k = 0; k < length; k++) {
      const weight = bicubic((k + start - center + 0.5) * step)
      exact[k] = weight
      sum += weight
    }
    for (let k = 0; k < length; k++) {
      const weight = (sum === 0 ? exact[k]! : exact[k]! / sum) * (1 << PRECISION_BITS)
      weights[i * taps + k] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5)
    }
    first[i] = start
    count[i] = length
  }
  return { taps, first, count, weights }
}

/** The same weights for inputs, `from` of them, that come from the other end; the outputs stay in their order. */
export function fromOtherEnd({ taps, first, count, weights }: Kernel, from: number): Kernel {
  const reversed = new Int32Array(weights.length)
  for (let i = 0; i < first.length; i++)
    for (let k = 0; k < count[i]!; k++) reversed[i * taps + k] = weights[i * taps + count[i]! - 1 - k]!
  return { taps, first: first.map((start, i) => from - start - count[i]!), count, weights: reversed }
}

/**
 * Blends interleaved pixels (grey, grey + alpha, RGB or RGBA, 8 bits) over white and returns R G B, in the same memory
 * where there is an alpha to drop. The rounding is that of Pillow's `paste` with a mask, as `qwen_vl_utils` blends.
 */
export function overWhite(pixels: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return pixels
  const count = pixels.length / channels
  const out = channels === 4 ? pixels : new Uint8Array(count * 3)
  const colours = channels === 4 ? 3 : 1
  const alphaAt = channels % 2 === 0 ? colours : -1
  for (let i = 0, from = 0, to = 0; i < count; i++, from += channels, to += 3) {
    const alpha = alphaAt < 0 ? 255 : pixels[from + alphaAt]!
    for (let c = 0; c < 3; c++) {
      const blended = 255 * (255 - alpha) + pixels[from + (colours === 3 ? c : 0)]! * alpha + 128
      out[to + c] = ((blended >> 8) + blended) >> 8
    }
  }
  return out.subarray(0, count * 3)
}

/** Pixels of a picture: sRGB, 8 bits, interleaved R G B, rows from top to bottom. */
export interface RgbPicture extends Size {
  readonly data: Uint8Array
}

const HALF = 1 << (PRECISION_BITS - 1)
/** Rows that are kept beyond what one output row needs. */
const BAND_ROWS = 64

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
  /** The rows that output rows of the vertical pass may still need: the last of `row`, from `top` on. */
  private readonly band: Uint8ClampedArray
  private readonly bandBytes: number
  /** One row of the vertical pass where that goes first. */
  private readonly between: Uint8ClampedArray
  private top = 0
  /** How many rows were taken. */
  private row = 0
  /** The next output row of the vertical pass. */
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
    this.across = flipsAcross(orientation)
      ? fromOtherEnd(across ?? bicubicKernel(stored.width, stored.width), stored.width)
      : across
    // output rows are numbered as the stored rows come, and placed as shown
    this.down = down && this.flipped ? upsideDown(fromOtherEnd(down, stored.height)) : down
    const heightFirst = to.height < from.height && from.height - to.height > (from.width - to.width) * 2
    this.acrossFirst = heightFirst === turned
    this.out = new Uint8ClampedArray(this.outWidth * this.outHeight * 3)
    this.bandBytes = (this.across && !this.acrossFirst ? this.width : this.outWidth) * 3
    this.band = new Uint8ClampedArray(
      this.down ? Math.min(stored.height, this.down.taps + BAND_ROWS) * this.bandBytes : 0,
    )
    this.between = new Uint8ClampedArray(this.across && !this.acrossFirst ? this.bandBytes : 0)
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
    const { across, down, out, band, bandBytes } = this
    if (!down) {
      if (across) resizeRow(rows, at, across, out, this.place(this.row))
      else out.set(rows.subarray(at, at + bandBytes), this.place(this.row))
      return
    }
    if ((this.row - this.top + 1) * bandBytes > band.length) {
      const needed = Math.min(this.row, down.first[this.next] ?? this.row)
      band.copyWithin(0, (needed - this.top) * bandBytes, (this.row - this.top) * bandBytes)
      this.top = needed
    }
    const target = (this.row - this.top) * bandBytes
    if (across && this.acrossFirst) resizeRow(rows, at, across, band, target)
    else band.set(rows.subarray(at, at + bandBytes), target)
    for (; this.next < this.outHeight && down.first[this.next]! + down.count[this.next]! <= this.row + 1; this.next++) {
      if (across && !this.acrossFirst) {
        blendRows(band, this.top, bandBytes, down, this.next, this.between, 0)
        resizeRow(this.between, 0, across, out, this.place(this.next))
      } else blendRows(band, this.top, bandBytes, down, this.next, out, this.place(this.next))
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
function resizeRow(
  source: Uint8ClampedArray,
  sourceAt: number,
  kernel: Kernel,
  target: Uint8ClampedArray,
  targetAt: number,
): void {
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
  source: Uint8ClampedArray,
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
