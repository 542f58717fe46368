import fc from 'fast-check'
import { expect, test } from 'vitest'
import { frameTimes, momentOf } from './frameTimes.ts'

const packets = (...times: number[]) => times.map((timestamp) => ({ timestamp, duration: 0.5 }))

test('frames are counted in the order in which they are shown, not in which they are stored', () => {
  expect(frameTimes(packets(0, 1.5, 0.5, 1))).toEqual({ times: Float64Array.of(0, 0.5, 1, 1.5), timing: { frames: 4, durationMs: 2000, fps: 2, startMs: 0 } })
})

test('what lies before the start is not shown, and a later start is none of the duration', () => {
  expect(frameTimes(packets(-1, -0.5, 0, 0.5))).toMatchObject({ timing: { frames: 2, durationMs: 1000 } })
  expect(frameTimes(packets(-0.25, 0.25))).toMatchObject({ times: Float64Array.of(0, 0.25) })
  expect(frameTimes(packets(10, 10.5))).toMatchObject({ timing: { frames: 2, durationMs: 1000, fps: 2, startMs: 10_000 } })
})

test('where no frame says how long it lasts, the last one lasts as long as the others', () => {
  const bare = [0, 0.25, 0.5, 0.75].map((timestamp) => ({ timestamp, duration: 0 }))
  expect(frameTimes(bare)).toMatchObject({ timing: { durationMs: 1000, fps: 4 } })
  expect(frameTimes(bare.slice(0, 1))).toMatchObject({ timing: { frames: 1, durationMs: 0, fps: 0 } })
  expect(frameTimes([])).toMatchObject({ timing: { frames: 0, durationMs: 0, fps: 0 } })
})

test('the moment of a frame lies within it, at whatever rate', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.001, max: 5, noNaN: true }), { minLength: 1, maxLength: 40 }), (steps) => {
      let time = 0
      const { times } = frameTimes(steps.map((duration) => ({ timestamp: (time += duration) - duration, duration })))
      times.forEach((start, index) => {
        expect(momentOf(times, index)).toBeGreaterThan(start)
        expect(momentOf(times, index)).toBeLessThan(times[index + 1] ?? Infinity)
      })
    }),
  )
})
