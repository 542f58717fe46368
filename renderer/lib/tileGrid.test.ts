import { expect, test } from 'vitest'
import { columnsIn, rowsInSight, scrollToTile, tileAfter } from './tileGrid.ts'

const grid = { gap: 12, least: 104, row: 174 }

test('a grid has as many columns as fit, two at least', () => {
  expect(columnsIn(4 * grid.least + 3 * grid.gap, grid)).toBe(4)
  expect(columnsIn(4 * grid.least + 3 * grid.gap - 1, grid)).toBe(3)
  expect(columnsIn(40, grid)).toBe(2)
})

test('what is in sight is drawn and a row beyond it, of thousands as of few', () => {
  expect(rowsInSight(0, 2 * grid.row, 2500, grid)).toEqual({ first: 0, end: 3 })
  expect(rowsInSight(1000 * grid.row, 2 * grid.row, 2500, grid)).toEqual({ first: 999, end: 1003 })
  expect(rowsInSight(0, 2 * grid.row, 1, grid)).toEqual({ first: 0, end: 1 })
})

test('it is walked by keys within its ends', () => {
  expect(tileAfter('ArrowDown', 2, 500, 4)).toBe(6)
  expect(tileAfter('ArrowUp', 2, 500, 4)).toBe(1)
  expect(tileAfter('End', 2, 500, 4)).toBe(500)
  expect(tileAfter('x', 2, 500, 4)).toBeNull()
})

test('it is scrolled no further than to have a tile in sight', () => {
  const box = { scrollTop: 0, clientHeight: 2 * grid.row }
  scrollToTile(5, 4, box, grid)
  expect(box.scrollTop).toBe(0)
  scrollToTile(13, 4, box, grid)
  expect(box.scrollTop).toBe(2 * grid.row)
  scrollToTile(1, 4, box, grid)
  expect(box.scrollTop).toBe(0)
})
