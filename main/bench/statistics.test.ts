import { describe, expect, it } from 'vitest'
import { cosine, median, pairedRatios, summarize } from './statistics.ts'

describe('statistics of runs', () => {
  it('takes the middle value, whatever the order and the number of digits', () => {
    expect(median([10, 9, 100])).toBe(10)
  })

  it('takes the mean of the two middle values of an even number', () => {
    expect(median([4, 1, 3, 100])).toBe(3.5)
  })

  it('leaves the values in their order', () => {
    const values = [3, 1, 2]
    median(values)
    expect(values).toEqual([3, 1, 2])
  })

  it('refuses to summarize nothing', () => {
    expect(() => summarize([])).toThrow(RangeError)
  })

  it('tells the median and how far the runs lay apart', () => {
    expect(summarize([5, 1, 9])).toEqual({ median: 5, min: 1, max: 9, runs: 3 })
  })

  it('divides run by run, so that a slow moment of the machine meets both sides', () => {
    expect(median(pairedRatios([10, 1, 10], [10, 1, 10]))).toBe(1)
    expect(pairedRatios([2, 9], [4, 3])).toEqual([0.5, 3])
    expect(() => pairedRatios([1], [])).toThrow(RangeError)
  })

  it('has the cosine of two vectors, whatever their lengths', () => {
    expect(cosine(Float32Array.of(1, 2, 2), Float32Array.of(2, 4, 4))).toBeCloseTo(1, 12)
    expect(cosine(Float32Array.of(3, 0), Float32Array.of(4, 3))).toBeCloseTo(0.8, 12)
  })
})
