import fc from 'fast-check'
import type { Size } from '#contract'
import { expect, test } from 'vitest'
import {
  between,
  fitted,
  liesWithin,
  moved,
  pixelAt,
  resized,
  shownRegion,
  wholeOf,
  type Handle,
  panelPlace,
} from './geometry.ts'

const size = (min: number, max: number) =>
  fc.record({ width: fc.integer({ min, max }), height: fc.integer({ min, max }) })
const pictures = size(1, 8000)
const areas = size(100, 4000)
const density = fc.constantFrom(1, 1.25, 1.5, 2, 3)
const offset = fc.record({ x: fc.integer({ min: -9000, max: 9000 }), y: fc.integer({ min: -9000, max: 9000 }) })
const handles = fc.record({ x: fc.constantFrom(-1, 0, 1), y: fc.constantFrom(-1, 0, 1) }) as fc.Arbitrary<Handle>

const pixelOf = ({ width, height }: Size) =>
  fc.record({ x: fc.integer({ min: 0, max: width - 1 }), y: fc.integer({ min: 0, max: height - 1 }) })
const withRegion = pictures.chain((picture) => fc.tuple(fc.constant(picture), pixelOf(picture), pixelOf(picture)))

test('a region that is shown and read back by its corners is the same, on a screen of any density', () => {
  fc.assert(
    fc.property(withRegion, areas, density, ([picture, a, b], area, dpr) => {
      const view = fitted(picture, area, dpr)
      const region = between(a, b)
      const shown = shownRegion(region, view)
      // Half a pixel inside of the corners, as a pointer is.
      const inside = view.scale / 2
      const first = pixelAt({ x: shown.x + inside, y: shown.y + inside }, view, picture)
      const last = pixelAt({ x: shown.x + shown.width - inside, y: shown.y + shown.height - inside }, view, picture)
      expect(between(first, last)).toEqual(region)
    }),
  )
})

test('every point of the area is a pixel of the picture', () => {
  fc.assert(
    fc.property(pictures, areas, density, offset, (picture, area, dpr, point) => {
      const { x, y } = pixelAt(point, fitted(picture, area, dpr), picture)
      expect(liesWithin({ x, y, width: 1, height: 1 }, picture)).toBe(true)
    }),
  )
})

test('a screen is shown at its own pixels, and a larger picture whole', () => {
  expect(fitted({ width: 2880, height: 1800 }, { width: 1440, height: 900 }, 2)).toEqual({ scale: 0.5, x: 0, y: 0 })
  expect(fitted({ width: 100, height: 50 }, { width: 1000, height: 500 }, 1)).toEqual({ scale: 1, x: 450, y: 225 })
  expect(fitted({ width: 2000, height: 500 }, { width: 1000, height: 500 }, 1)).toEqual({ scale: 0.5, x: 0, y: 125 })
})

test('moving keeps the size, sizing keeps the other edges, and both stay within the picture', () => {
  fc.assert(
    fc.property(withRegion, offset, handles, ([picture, a, b], by, handle) => {
      const region = between(a, b)
      const away = moved(region, by, picture)
      expect(liesWithin(away, picture)).toBe(true)
      expect([away.width, away.height]).toEqual([region.width, region.height])
      const other = resized(region, handle, by, picture)
      expect(liesWithin(other, picture)).toBe(true)
      expect(Math.min(other.width, other.height)).toBeGreaterThanOrEqual(1)
      if (handle.x >= 0) expect(other.x).toBe(region.x)
      else expect(other.x + other.width).toBe(region.x + region.width)
      if (handle.y >= 0) expect(other.y).toBe(region.y)
      else expect(other.y + other.height).toBe(region.y + region.height)
    }),
  )
})

test('what was remembered of another screen may not fit', () => {
  const picture = { width: 100, height: 50 }
  expect(liesWithin(wholeOf(picture), picture)).toBe(true)
  expect(liesWithin({ x: 1, y: 0, width: 100, height: 50 }, picture)).toBe(false)
  expect(liesWithin({ x: -1, y: 0, width: 10, height: 10 }, picture)).toBe(false)
})

const area = { x: -1920, y: 25, width: 1920, height: 1055 }
const panel = { width: 400, height: 200 }
const most = { width: 400, height: 500 }
const place = (x: number, y: number, width: number, height: number) =>
  panelPlace({ x, y, width, height }, area, panel, most)

test('the panel is beside the region, on the first side with room for it when it has grown', () => {
  expect(place(-1800, 300, 300, 200)).toEqual({ x: -1488, y: 300, ...panel })
  expect(place(-500, 300, 400, 200)).toEqual({ x: -912, y: 300, ...panel })
  expect(place(-1900, 100, 1880, 200)).toEqual({ x: -1900, y: 312, ...panel })
  expect(place(-1900, 700, 1880, 300)).toEqual({ x: -1900, y: 488, ...panel })
})

test('beside a region that leaves no room it lies over the lower right corner', () => {
  expect(place(-1920, 25, 1920, 1055)).toEqual({ x: -412, y: 868, ...panel })
})

test('where it is almost as wide as its area it lies in the middle', () => {
  expect(
    panelPlace({ x: 300, y: 100, width: 50, height: 50 }, { x: 0, y: 0, width: 416, height: 800 }, panel, most),
  ).toEqual({
    x: 8,
    y: 162,
    ...panel,
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
