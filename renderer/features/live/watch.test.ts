import { expect, test } from 'vitest'
import { fingerprint, GRID, hasChanged } from './watch.ts'

const cells = GRID.width * GRID.height
const filled = (value: number) => fingerprint(new Uint8ClampedArray(cells * 4).fill(value))

test('the first frame is a change, the same again is none', () => {
  expect(hasChanged(null, filled(10))).toBe(true)
  expect(hasChanged(filled(10), filled(10))).toBe(false)
})

test('noise is no change; one cell that is another, or a light that goes on, is', () => {
  const noisy = filled(100).map((value, cell) => value + (cell % 5) - 2)
  expect(hasChanged(filled(100), noisy)).toBe(false)
  expect(hasChanged(filled(100), filled(100).with(77, 130))).toBe(true)
  expect(hasChanged(filled(100), filled(104))).toBe(true)
})

test('brightness counts colours as eyes do', () => {
  const colour = (red: number, green: number, blue: number) =>
    fingerprint(new Uint8ClampedArray([red, green, blue, 255]))[0]!
  expect(colour(0, 255, 0)).toBeGreaterThan(colour(255, 0, 0))
  expect(colour(255, 255, 255)).toBe(255)
})
