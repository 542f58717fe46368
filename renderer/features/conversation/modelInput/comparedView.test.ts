import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  FITTED,
  cellAt,
  fittedSize,
  mostScale,
  panned,
  placed,
  revealing,
  standBeside,
  stepped,
  zoomed,
} from './comparedView.ts'

const area = { width: 400, height: 300 }
const fitted = fittedSize({ width: 1920, height: 1080 }, area)
const grid = { times: 1, rows: 12, columns: 22 }

test('original and input are fitted to the same size, whatever their pixels are', () => {
  const other = fittedSize({ width: 320, height: 180 }, area)
  expect(other.width).toBeCloseTo(fitted.width)
  expect(other.height).toBeCloseTo(fitted.height)
  expect(placed(fitted, area, FITTED)).toMatchObject({ left: 16, width: expect.closeTo(368) as number })
})

test('they stand side by side, but one over the other where that makes them larger', () => {
  const [photo, page] = [
    { width: 4000, height: 3000 },
    { width: 1240, height: 1754 },
  ]
  expect(standBeside(photo, { width: 992, height: 696 })).toBe(true)
  expect(standBeside(photo, { width: 420, height: 460 })).toBe(false)
  expect(standBeside(page, { width: 420, height: 460 })).toBe(true)
})

test('what is under the pointer stays there while it is zoomed', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -0.3, max: 0.3, noNaN: true }),
      fc.double({ min: 1.2, max: 4, noNaN: true }),
      (share, factor) => {
        const at = { x: share * fitted.width, y: share * fitted.height }
        const view = zoomed({ scale: 2, x: 0, y: 0 }, factor, at, fitted, 100)
        const before = at.x / (fitted.width * 2)
        expect(at.x / (fitted.width * view.scale) - view.x).toBeCloseTo(before, 6)
      },
    ),
  )
})

test('nothing is smaller than fitted, nor larger than its pixels are to be seen', () => {
  const most = mostScale({ width: 616, height: 336 }, fitted)
  expect(zoomed(FITTED, 0.1, { x: 50, y: 0 }, fitted, most)).toEqual(FITTED)
  const largest = zoomed(FITTED, 1000, { x: 0, y: 0 }, fitted, most)
  expect((fitted.width * largest.scale) / 616).toBeCloseTo(24)
})

test('a picture cannot be dragged out of its area', () => {
  const far = panned({ scale: 4, x: 0, y: 0 }, { x: 1e6, y: -1e6 }, fitted)
  const { left, top, height } = placed(fitted, area, far)
  expect(left).toBeLessThan(area.width)
  expect(top + height).toBeGreaterThan(0)
  expect(panned(FITTED, { x: 50, y: 50 }, fitted)).toEqual(FITTED)
})

test('a place on the picture is in one cell, one beside it in none', () => {
  expect(cellAt(0, 0, grid)).toEqual({ row: 0, column: 0 })
  expect(cellAt(0.999, 0.999, grid)).toEqual({ row: 11, column: 21 })
  expect(cellAt(1, 0.5, grid)).toBeNull()
  expect(cellAt(0.5, -0.01, grid)).toBeNull()
})

test('cells are walked from the middle on and not over the edge', () => {
  const first = stepped(null, { x: 1, y: 0 }, grid)
  expect(first).toEqual({ row: 6, column: 11 })
  expect(stepped(first, { x: 1, y: 0 }, grid)).toEqual({ row: 6, column: 12 })
  expect(stepped({ row: 0, column: 21 }, { x: 1, y: -1 }, grid)).toEqual({ row: 0, column: 21 })
})

test('a cell that is walked to comes into view', () => {
  const view = revealing({ scale: 8, x: 0, y: 0 }, { row: 0, column: 21 }, grid)
  const { left, top, width, height } = placed(fitted, { width: fitted.width, height: fitted.height }, view)
  expect(left + width).toBeLessThanOrEqual(fitted.width + 1e-6)
  expect(top).toBeGreaterThanOrEqual(-height * 0.11)
  expect(revealing(view, { row: 0, column: 21 }, grid)).toEqual(view)
})
