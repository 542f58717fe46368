import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inPicture, isWithin, keptWithin, onDesktop } from './desktop.ts'

/** Displays as desktops have them: beside and above each other, at scale factors that systems offer. */
const display = fc.record({
  bounds: fc.record({
    x: fc.integer({ min: -8000, max: 8000 }),
    y: fc.integer({ min: -8000, max: 8000 }),
    width: fc.integer({ min: 320, max: 5120 }),
    height: fc.integer({ min: 240, max: 2880 }),
  }),
  scale: fc.constantFrom(1, 1.25, 1.5, 1.75, 2, 2.5, 3),
})
const share = fc.double({ min: 0, max: 1, noNaN: true })

test('a region maps to the desktop and back within one pixel, on displays of any scale', () => {
  fc.assert(
    fc.property(display, share, share, share, share, ({ bounds, scale }, left, top, across, down) => {
      const picture = { width: Math.round(bounds.width * scale), height: Math.round(bounds.height * scale) }
      const x = Math.floor(left * (picture.width - 1))
      const y = Math.floor(top * (picture.height - 1))
      const region = {
        x,
        y,
        width: 1 + Math.floor(across * (picture.width - x - 1)),
        height: 1 + Math.floor(down * (picture.height - y - 1)),
      }
      const placed = onDesktop(region, picture, bounds)
      expect(isWithin({ ...placed, x: placed.x - bounds.x, y: placed.y - bounds.y }, bounds)).toBe(true)
      const pixel = 1 / scale + 1
      expect(Math.abs(placed.x - bounds.x - region.x / scale)).toBeLessThanOrEqual(pixel)
      expect(Math.abs(placed.y - bounds.y - region.y / scale)).toBeLessThanOrEqual(pixel)
      expect(Math.abs(placed.x + placed.width - bounds.x - (region.x + region.width) / scale)).toBeLessThanOrEqual(
        pixel,
      )
      expect(Math.abs(placed.y + placed.height - bounds.y - (region.y + region.height) / scale)).toBeLessThanOrEqual(
        pixel,
      )
    }),
  )
})

test('the whole picture is the whole display, also where the scale factor was rounded', () => {
  expect(
    onDesktop(
      { x: 0, y: 0, width: 2879, height: 1799 },
      { width: 2879, height: 1799 },
      { x: -1440, y: 10, width: 1440, height: 900 },
    ),
  ).toEqual({ x: -1440, y: 10, width: 1440, height: 900 })
})

test('a rectangle is kept within its area', () => {
  const area = fc.record({
    x: fc.integer({ min: -5000, max: 5000 }),
    y: fc.integer({ min: -5000, max: 5000 }),
    width: fc.integer({ min: 1, max: 5000 }),
    height: fc.integer({ min: 1, max: 5000 }),
  })
  fc.assert(
    fc.property(area, area, (rect, within) => {
      const kept = keptWithin(rect, within)
      expect(isWithin({ ...kept, x: kept.x - within.x, y: kept.y - within.y }, within)).toBe(true)
      expect(keptWithin(kept, within)).toEqual(kept)
      expect(kept.width).toBe(Math.min(rect.width, within.width))
    }),
  )
})

test('a window maps into a display’s picture and back within one pixel; what lies beside it is not in it', () => {
  fc.assert(
    fc.property(display, share, share, share, share, ({ bounds, scale }, left, top, across, down) => {
      const picture = { width: Math.round(bounds.width * scale), height: Math.round(bounds.height * scale) }
      const x = bounds.x + Math.floor(left * (bounds.width - 2))
      const y = bounds.y + Math.floor(top * (bounds.height - 2))
      const window = {
        x,
        y,
        width: 2 + Math.floor(across * (bounds.x + bounds.width - x - 2)),
        height: 2 + Math.floor(down * (bounds.y + bounds.height - y - 2)),
      }
      const region = inPicture(window, picture, bounds)!
      expect(isWithin(region, picture)).toBe(true)
      const back = onDesktop(region, picture, bounds)
      for (const [a, b] of [
        [back.x, window.x],
        [back.y, window.y],
        [back.x + back.width, window.x + window.width],
        [back.y + back.height, window.y + window.height],
      ] as const)
        expect(Math.abs(a - b)).toBeLessThanOrEqual(1)
      expect(inPicture({ ...window, x: bounds.x + bounds.width }, picture, bounds)).toBeNull()
      expect(inPicture({ ...window, y: bounds.y - window.height }, picture, bounds)).toBeNull()
    }),
  )
})
