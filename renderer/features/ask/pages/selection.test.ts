import { describe, expect, test } from 'vitest'
import { columnsIn, extended, grid, pageAfter, rowsInSight, toggled } from './selection.ts'

describe('pages that are chosen', () => {
  test('are added in their order and taken out again', () => {
    expect(toggled([2, 7], 5)).toEqual([2, 5, 7])
    expect(toggled([2, 5, 7], 5)).toEqual([2, 7])
  })

  test('grow by a range in either direction, each page once', () => {
    expect(extended([2, 9], 4, 2)).toEqual([2, 3, 4, 9])
    expect(extended([], 3, 3)).toEqual([3])
  })
})

describe('the grid', () => {
  test('has as many columns as fit, two at least', () => {
    expect(columnsIn(4 * grid.least + 3 * grid.gap)).toBe(4)
    expect(columnsIn(4 * grid.least + 3 * grid.gap - 1)).toBe(3)
    expect(columnsIn(40)).toBe(2)
  })

  test('draws what is in sight and a row beyond it, of thousands as of few', () => {
    expect(rowsInSight(0, 2 * grid.row, 2500)).toEqual({ first: 0, end: 3 })
    expect(rowsInSight(1000 * grid.row, 2 * grid.row, 2500)).toEqual({ first: 999, end: 1003 })
    expect(rowsInSight(0, 2 * grid.row, 1)).toEqual({ first: 0, end: 1 })
  })

  test('is walked by keys within its ends', () => {
    expect(pageAfter('ArrowDown', 2, 500, 4)).toBe(6)
    expect(pageAfter('ArrowUp', 2, 500, 4)).toBe(1)
    expect(pageAfter('End', 2, 500, 4)).toBe(500)
    expect(pageAfter('x', 2, 500, 4)).toBeNull()
  })
})
