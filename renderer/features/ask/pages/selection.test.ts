import { describe, expect, test } from 'vitest'
import { extended, toggled } from './selection.ts'

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
