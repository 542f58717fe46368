import { describe, expect, test } from 'vitest'
import { toModel, toOriginal, toShares } from './findMarks.ts'
import type { Shape } from './findMarks.ts'

let state = 11
const random = (from: number, to: number) =>
  from + Math.floor(((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32) * (to - from + 1))

describe('coordinates', () => {
  test('of both families land on the same place of the original', () => {
    const views = { original: { width: 1000, height: 500 }, model: { width: 560, height: 280 } }
    const expected = { type: 'box', x1: 100, y1: 50, x2: 500, y2: 250 }
    expect(toOriginal({ type: 'box', x1: 100, y1: 100, x2: 500, y2: 500 }, 'thousandths', views)).toEqual(expected)
    expect(toOriginal({ type: 'box', x1: 56, y1: 28, x2: 280, y2: 140 }, 'pixels', views)).toEqual(expected)
    expect(toShares(expected as Shape, views.original)).toEqual({ type: 'box', x1: 0.1, y1: 0.1, x2: 0.5, y2: 0.5 })
  })

  test('outside the picture are moved to its edge', () => {
    const views = { original: { width: 100, height: 100 }, model: { width: 84, height: 84 } }
    expect(toOriginal({ type: 'box', x1: -50, y1: 990, x2: 1200, y2: 5000 }, 'thousandths', views)).toEqual({
      type: 'box',
      x1: 0,
      y1: 99,
      x2: 100,
      y2: 100,
    })
    expect(toOriginal({ type: 'point', x: 9999, y: -1 }, 'pixels', views)).toEqual({ type: 'point', x: 100, y: 0 })
  })

  test('map to the original and back within one unit, through sizes in multiples of 28 as the resize makes them', () => {
    for (let round = 0; round < 2000; round++) {
      const original = { width: random(30, 4000), height: random(30, 4000) }
      const scale = random(5, 200) / 100
      const inTokens = (pixels: number) => Math.max(1, Math.round((pixels * scale) / 28)) * 28
      const views = { original, model: { width: inTokens(original.width), height: inTokens(original.height) } }
      for (const space of ['thousandths', 'pixels'] as const) {
        const units = space === 'pixels' ? views.model : { width: 1000, height: 1000 }
        const point: Shape = { type: 'point', x: random(0, units.width), y: random(0, units.height) }
        const back = toModel(toOriginal(point, space, views), space, views)
        expect(back).toEqual(point)
        // a pixel of the original comes back within one unit of the coarser of the two
        const pixel: Shape = { type: 'point', x: random(0, original.width), y: random(0, original.height) }
        const there = toOriginal(toModel(pixel, space, views), space, views) as typeof pixel
        expect(Math.abs(there.x - pixel.x)).toBeLessThanOrEqual(Math.max(1, original.width / units.width))
        expect(Math.abs(there.y - pixel.y)).toBeLessThanOrEqual(Math.max(1, original.height / units.height))
      }
    }
  })
})
