import { expect, test } from 'vitest'
import { fitScale, zoomAt } from './viewerGeometry.ts'

test('a large picture is fitted, a small one at most doubled', () => {
  expect(fitScale({ width: 2000, height: 1000 }, { width: 1000, height: 800 })).toBe(0.5)
  expect(fitScale({ width: 10, height: 10 }, { width: 1000, height: 800 })).toBe(2)
})

test('the point under the pointer stays where it is', () => {
  const before = { scale: 0.5, x: 30, y: -10 }
  const pointer = { x: 120, y: 60 }
  const after = zoomAt(before, 3, pointer, 0.5)
  expect((pointer.x - after.x) / after.scale).toBeCloseTo((pointer.x - before.x) / before.scale)
  expect((pointer.y - after.y) / after.scale).toBeCloseTo((pointer.y - before.y) / before.scale)
})

test('zooming ends at the fitted size and at sixteen times', () => {
  const view = { scale: 0.5, x: 0, y: 0 }
  expect(zoomAt(view, 0.01, { x: 0, y: 0 }, 0.5).scale).toBe(0.5)
  expect(zoomAt(view, 1000, { x: 0, y: 0 }, 0.5).scale).toBe(16)
})
