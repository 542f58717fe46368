import { describe, expect, test } from 'vitest'
import { PRECISION_BITS, RowResizer, bicubicKernel, resizeBicubic } from './resize.ts'
import type { RgbPicture } from './resize.ts'

const noise = (width: number, height: number): RgbPicture => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24),
})

/** Both passes over whole pictures, as plainly as they can be written. */
function plain(picture: RgbPicture, width: number, height: number): Uint8Array {
  const clip = (sum: number) => Math.min(255, Math.max(0, sum >> PRECISION_BITS))
  const pass = (
    data: Uint8Array,
    from: number,
    to: number,
    at: (line: number, i: number) => number,
    lines: number,
    put: (line: number, i: number) => number,
  ) => {
    const kernel = bicubicKernel(from, to)
    const out = new Uint8Array(lines * to * 3)
    for (let line = 0; line < lines; line++)
      for (let i = 0; i < to; i++)
        for (let c = 0; c < 3; c++) {
          let sum = 1 << (PRECISION_BITS - 1)
          for (let k = 0; k < kernel.count[i]!; k++)
            sum += data[at(line, kernel.first[i]! + k) + c]! * kernel.weights[i * kernel.taps + k]!
          out[put(line, i) + c] = clip(sum)
        }
    return out
  }
  const across = (data: Uint8Array, rows: number) =>
    pass(
      data,
      picture.width,
      width,
      (y, x) => (y * picture.width + x) * 3,
      rows,
      (y, x) => (y * width + x) * 3,
    )
  const down = (data: Uint8Array, columns: number) =>
    pass(
      data,
      picture.height,
      height,
      (x, y) => (y * columns + x) * 3,
      columns,
      (x, y) => (y * columns + x) * 3,
    )
  const verticalFirst = height < picture.height && picture.height - height > 2 * (picture.width - width)
  return verticalFirst
    ? across(down(picture.data, picture.width), height)
    : down(across(picture.data, picture.height), width)
}

describe('resizeBicubic', () => {
  test.each([
    [700, 900, 56, 84],
    [31, 45, 112, 140],
    [300, 20, 28, 280],
    [20, 1000, 280, 28],
    [1, 1, 56, 56],
    [400, 333, 399, 332],
  ])('%i x %i to %i x %i over a band of rows equals whole passes', (width, height, toWidth, toHeight) => {
    const picture = noise(width, height)
    const resized = resizeBicubic(picture, { width: toWidth, height: toHeight })
    expect(resized.width).toBe(toWidth)
    expect(Buffer.compare(resized.data, plain(picture, toWidth, toHeight))).toBe(0)
  })

  test('a direction that keeps its size is untouched', () => {
    const picture = noise(56, 90)
    expect(resizeBicubic(picture, { width: 56, height: 90 })).toBe(picture)
    const white = { width: 84, height: 10, data: new Uint8Array(84 * 10 * 3).fill(255) }
    expect(resizeBicubic(white, { width: 84, height: 28 }).data.every((value) => value === 255)).toBe(true)
    expect(resizeBicubic(white, { width: 28, height: 10 }).data.every((value) => value === 255)).toBe(true)
  })
})

/** As EXIF turns it to be shown. */
function shown({ data, width, height }: RgbPicture, orientation: number): RgbPicture {
  const turned = orientation >= 5
  const out = { width: turned ? height : width, height: turned ? width : height, data: new Uint8Array(data.length) }
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [left, top, right, bottom] = [x, y, width - 1 - x, height - 1 - y]
      const [toX, toY] = (
        [
          [left, top],
          [right, top],
          [right, bottom],
          [left, bottom],
          [top, left],
          [bottom, left],
          [bottom, right],
          [top, right],
        ] as const
      )[orientation - 1]!
      out.data.set(data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3), (toY * out.width + toX) * 3)
    }
  return out
}

describe('rows as they come', () => {
  test('give the pixels of the whole picture, however many come at a time, however they are turned', () => {
    let state = 20_261
    const random = (most: number) => 1 + (((state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) >> 8) % most)
    for (let i = 0; i < 240; i++) {
      const orientation = (i % 8) + 1
      const stored = noise(random(120), random(260))
      const picture = shown(stored, orientation)
      const size = {
        width: random(3) === 1 ? picture.width : random(120),
        height: random(4) === 1 ? picture.height : random(120),
      }
      const resizer = new RowResizer(picture, size, orientation)
      const chunk = random(9) * stored.width * 3
      for (let at = 0; at < stored.data.length; at += chunk) resizer.push(stored.data.subarray(at, at + chunk))
      const expected = plain(picture, size.width, size.height)
      const name = `${stored.width} x ${stored.height}, orientation ${orientation}, to ${size.width} x ${size.height}`
      expect(Buffer.compare(resizer.finish().data, expected), name).toBe(0)
    }
  })
})
