import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keyStep, moveEdge, type TrimEdge } from './trimming.ts'

test('an edge goes where it is moved, within the video', () => {
  expect(moveEdge({ start: 0, end: 4000 }, 'start', 1500, 4000, 100)).toEqual({ start: 1500, end: 4000 })
  expect(moveEdge({ start: 0, end: 4000 }, 'end', 9000, 4000, 100)).toEqual({ start: 0, end: 4000 })
  expect(moveEdge({ start: 1000, end: 4000 }, 'start', -5, 4000, 100)).toEqual({ start: 0, end: 4000 })
})

test('the edges do not meet: two frames stay between them', () => {
  expect(moveEdge({ start: 0, end: 2000 }, 'start', 3000, 4000, 100)).toEqual({ start: 1800, end: 2000 })
  expect(moveEdge({ start: 1000, end: 2000 }, 'end', 0, 4000, 100)).toEqual({ start: 1000, end: 1200 })
})

test('wherever edges are moved, the part lies within the video and in order', () => {
  const move = fc.record({ edge: fc.constantFrom<TrimEdge>('start', 'end'), to: fc.integer({ min: -1e6, max: 1e6 }) })
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 1, max: 5000 }),
      fc.array(move, { maxLength: 20 }),
      (duration, step, moves) => {
        const trim = moves.reduce((now, { edge, to }) => moveEdge(now, edge, to, duration, step), {
          start: 0,
          end: duration,
        })
        expect(trim.start).toBeGreaterThanOrEqual(0)
        expect(trim.end).toBeLessThanOrEqual(duration)
        expect(trim.end - trim.start).toBeGreaterThanOrEqual(Math.min(duration, 2 * step) - 1e-6)
      },
    ),
  )
})

test('keys move by a frame, a second, a tenth, or to the end', () => {
  expect(keyStep('ArrowRight', false, 4000, 83)).toBe(83)
  expect(keyStep('ArrowLeft', true, 4000, 83)).toBe(-1000)
  expect(keyStep('PageUp', false, 4000, 83)).toBe(400)
  expect(keyStep('End', false, 4000, 83)).toBe(4000)
  expect(keyStep('a', false, 4000, 83)).toBeNull()
})
