import { expect, test } from 'vitest'
import { RowHeights, rowPieces } from './rowHeights.ts'

const keys = ['a', 'b', 'c', 'd', 'e', 'f']
const told = (pieces: ReturnType<typeof rowPieces>) =>
  pieces.map((piece) => (piece.kind === 'row' ? keys[piece.index] : piece.px))

test('rows that reach into a stretch are found by measured heights, and by the estimate where there are none', () => {
  const heights = new RowHeights(10)
  expect(heights.between(keys, 15, 35)).toEqual({ from: 1, to: 3 })
  expect(heights.set('b', 100)).toBe(true)
  expect(heights.set('b', 100), 'the same again').toBe(false)
  expect(heights.between(keys, 15, 35)).toEqual({ from: 1, to: 1 })
  expect(heights.between(keys, -50, 5)).toEqual({ from: 0, to: 0 })
  expect(heights.between(keys, 900, 950)).toEqual({ from: 5, to: 5 })
  expect(heights.between([], 0, 10)).toEqual({ from: 0, to: -1 })
})

test('spaces stand for what is not drawn, as high as that is, around the rows that are kept too', () => {
  const heights = new RowHeights(10)
  heights.set('f', 7)
  expect(told(rowPieces(keys, { from: 2, to: 3 }, [], heights))).toEqual([20, 'c', 'd', 17])
  expect(told(rowPieces(keys, { from: 3, to: 4 }, ['a', 'd', 'gone'], heights))).toEqual(['a', 20, 'd', 'e', 7])
  expect(told(rowPieces(keys, { from: 0, to: 5 }, [], heights))).toEqual(keys)
  expect(rowPieces([], { from: 0, to: -1 }, [], heights)).toEqual([])
})
