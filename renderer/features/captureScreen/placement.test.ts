import fc from 'fast-check'
import { expect, test } from 'vitest'
import { panelPlace } from './placement.ts'

const area = { x: -1920, y: 25, width: 1920, height: 1055 }
const size = { width: 400, height: 200 }
const most = { width: 400, height: 500 }
const place = (x: number, y: number, width: number, height: number) =>
  panelPlace({ x, y, width, height }, area, size, most)

test('the panel is beside the region, on the first side with room for it when it has grown', () => {
  expect(place(-1800, 300, 300, 200)).toEqual({ x: -1488, y: 300, ...size })
  expect(place(-500, 300, 400, 200)).toEqual({ x: -912, y: 300, ...size })
  expect(place(-1900, 100, 1880, 200)).toEqual({ x: -1900, y: 312, ...size })
  expect(place(-1900, 700, 1880, 300)).toEqual({ x: -1900, y: 488, ...size })
})

test('beside a region that leaves no room it lies over the lower right corner', () => {
  expect(place(-1920, 25, 1920, 1055)).toEqual({ x: -412, y: 868, ...size })
})

test('where it is almost as wide as its area it lies in the middle', () => {
  expect(
    panelPlace({ x: 300, y: 100, width: 50, height: 50 }, { x: 0, y: 0, width: 416, height: 800 }, size, most),
  ).toEqual({
    x: 8,
    y: 162,
    ...size,
  })
})

test('it is always within its area, and never over the region where a side has room', () => {
  const regions = fc.record({
    x: fc.integer({ min: -1920, max: -2 }),
    y: fc.integer({ min: 25, max: 1000 }),
    width: fc.integer({ min: 1, max: 1920 }),
    height: fc.integer({ min: 1, max: 1055 }),
  })
  fc.assert(
    fc.property(regions, fc.integer({ min: 100, max: 500 }), (region, height) => {
      const panel = panelPlace(region, area, { width: 400, height }, most)
      expect(panel.x).toBeGreaterThanOrEqual(area.x)
      expect(panel.y).toBeGreaterThanOrEqual(area.y)
      expect(panel.x + 400).toBeLessThanOrEqual(area.x + area.width)
      expect(panel.y + height).toBeLessThanOrEqual(area.y + area.height)
      const hasRoomRight = region.x + region.width + 12 + 400 + 12 <= 0
      if (hasRoomRight) expect(panel.x).toBe(region.x + region.width + 12)
    }),
  )
})
