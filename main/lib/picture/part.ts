import type { Size } from '#contract'
import type { Picture } from './openPicture.ts'
import { resizeBicubic } from './resize.ts'
import type { RgbPicture } from './resize.ts'

/** A part of a picture: a box in shares of its sides, unset: all of it; then turned, in degrees against the clock. */
export interface PicturePart {
  readonly box?: { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number }
  readonly turn?: 0 | 90 | 180 | 270
}

/** The box in whole pixels, at least one each way, as Pillow's `crop` rounds it. */
function pixelsOf({ width, height }: Size, { box = { x1: 0, y1: 0, x2: 1, y2: 1 } }: PicturePart) {
  const within = (share: number, side: number) => Math.min(side, Math.max(0, Math.round(share * side)))
  const left = Math.min(width - 1, within(box.x1, width))
  const top = Math.min(height - 1, within(box.y1, height))
  return {
    left,
    top,
    width: Math.max(1, within(box.x2, width) - left),
    height: Math.max(1, within(box.y2, height) - top),
  }
}

/** Width and height of a part of a picture of `size`, in pixels, as it is seen after its turn. */
export function partSize(size: Size, part: PicturePart | undefined): Size {
  if (!part) return size
  const { width, height } = pixelsOf(size, part)
  return part.turn === 90 || part.turn === 270 ? { width: height, height: width } : { width, height }
}

/** Cuts the pixels of a part out and turns them. */
export function cutPart(picture: RgbPicture, part: PicturePart): RgbPicture {
  const { left, top, width, height } = pixelsOf(picture, part)
  const size = partSize(picture, part)
  const data = new Uint8Array(width * height * 3)
  const turn = part.turn ?? 0
  for (let y = 0; y < height; y++) {
    const row = ((top + y) * picture.width + left) * 3
    if (turn === 0) {
      data.set(picture.data.subarray(row, row + width * 3), y * width * 3)
      continue
    }
    for (let x = 0; x < width; x++) {
      // against the clock: what is at the right goes up
      const [toX, toY] =
        turn === 90 ? [y, width - 1 - x] : turn === 180 ? [width - 1 - x, height - 1 - y] : [height - 1 - y, x]
      const [from, to] = [row + x * 3, (toY * size.width + toX) * 3]
      data[to] = picture.data[from]!
      data[to + 1] = picture.data[from + 1]!
      data[to + 2] = picture.data[from + 2]!
    }
  }
  return { data, ...size }
}

/** The last decoded page is kept for a while, so that its other regions need not decode it again; 48 megapixels at most. */
const MOST_KEPT = 48_000_000
const KEPT_MS = 15_000
let kept: { readonly of: string; readonly pixels: Promise<RgbPicture>; readonly timer: NodeJS.Timeout } | null = null

function keep(of: string, picture: Picture): Promise<RgbPicture> {
  if (kept?.of !== of) {
    clearTimeout(kept?.timer)
    const timer = setTimeout(() => (kept = null), KEPT_MS)
    timer.unref()
    kept = { of, pixels: picture.decode(), timer }
  }
  kept.timer.refresh()
  return kept.pixels
}

/**
 * A part of a picture as a picture. The parts of one page are asked for one after another: its pixels are decoded once and
 * kept until those of another one are wanted. `name` of the content, null: nothing is kept.
 */
export function partOf(picture: Picture, part: PicturePart, of: string | null = null): Picture {
  const { width, height } = partSize(picture, part)
  const whole = (): Promise<RgbPicture> =>
    of === null || picture.width * picture.height > MOST_KEPT ? picture.decode() : keep(of, picture)
  return {
    ...picture,
    width,
    height,
    get notes() {
      return picture.notes
    },
    get damaged() {
      return picture.damaged
    },
    decode: async () => cutPart(await whole(), part),
    resized: async (size) => resizeBicubic(cutPart(await whole(), part), size),
  }
}
