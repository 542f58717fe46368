import { expect, test } from 'vitest'
import { cutPart, partSize } from './part.ts'

/** A picture whose pixels are numbered along its rows. */
const numbered = (width: number, height: number) => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => Math.floor(i / 3)),
})
const numbers = ({ data }: { data: Uint8Array }) => [...data].filter((_, i) => i % 3 === 0)

test('a part is cut out in whole pixels', () => {
  const part = { box: { x1: 1 / 3, y1: 0.5, x2: 1, y2: 1 } }
  expect(partSize({ width: 3, height: 2 }, part)).toEqual({ width: 2, height: 1 })
  expect(numbers(cutPart(numbered(3, 2), part))).toEqual([4, 5])
})

test('a part is turned against the clock, as Pillow turns it', () => {
  // 0 1 2
  // 3 4 5
  const turned = (turn: 90 | 180 | 270) => {
    const cut = cutPart(numbered(3, 2), { turn })
    return [cut.width, cut.height, numbers(cut)]
  }
  expect(turned(90)).toEqual([2, 3, [2, 5, 1, 4, 0, 3]])
  expect(turned(180)).toEqual([3, 2, [5, 4, 3, 2, 1, 0]])
  expect(turned(270)).toEqual([2, 3, [3, 0, 4, 1, 5, 2]])
})

test('a box without room, or beyond the picture, is a pixel of it', () => {
  const part = { box: { x1: 1, y1: 1, x2: 1, y2: 1.2 } }
  expect(partSize({ width: 3, height: 2 }, part)).toEqual({ width: 1, height: 1 })
  expect(numbers(cutPart(numbered(3, 2), part))).toEqual([5])
})
