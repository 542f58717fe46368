import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KEPT_MS, lately, MAX_QUESTION_FRAMES, rateOf, thinned, withMoment, type Moment } from './store.ts'

const moment = (at: number): Moment => ({ at, picture: new Blob() })
const times = (moments: readonly Moment[]) => moments.map(({ at }) => at)

test('moments that are too old are forgotten, but for the one that was still seen', () => {
  const kept = [0, 1_000, 2_000, 30_000].map(moment).reduce(withMoment, [] as readonly Moment[])
  expect(times(withMoment(kept, moment(KEPT_MS + 1_500)))).toEqual([1_000, 2_000, 30_000, KEPT_MS + 1_500])
  expect(times(withMoment([moment(0)], moment(10 * KEPT_MS)))).toEqual([0, 10 * KEPT_MS])
})

test('the last seconds begin with what was seen when they began', () => {
  const moments = [1_000, 5_000, 9_000].map(moment)
  expect(times(lately(moments, 10_000, 3))).toEqual([5_000, 9_000])
  expect(times(lately(moments, 60_000, 10))).toEqual([9_000])
  expect(times(lately(moments, 10_000, 60))).toEqual([1_000, 5_000, 9_000])
  expect(lately([], 10_000, 3)).toEqual([])
})

test('too many are thinned evenly, with the first and the last', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), (length) => {
      const items = Array.from({ length }, (_, index) => index)
      const chosen = thinned(items, MAX_QUESTION_FRAMES)
      expect(chosen.length).toBe(Math.min(length, MAX_QUESTION_FRAMES))
      expect(chosen[0]).toBe(items[0])
      expect(chosen.at(-1)).toBe(items.at(-1))
      expect(chosen.every((item, index) => index === 0 || item > chosen[index - 1]!)).toBe(true)
    }),
  )
})

test('the rate is that of the moments', () => {
  expect(rateOf([0, 500, 1_000].map(moment))).toBe(2)
  expect(rateOf([moment(7)])).toBe(1)
  expect(rateOf([0, 60_000].map(moment))).toBe(0.05)
})
