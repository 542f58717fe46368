import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cropName, regionOf } from './cropPicture.ts'

test('the pixels that a box touches', () => {
  expect(regionOf({ type: 'box', x1: 10.2, y1: 20, x2: 30.1, y2: 40 }, { width: 100, height: 100 })).toEqual({
    x: 10,
    y: 20,
    width: 21,
    height: 20,
  })
  expect(regionOf({ type: 'box', x1: 100, y1: 100, x2: 100, y2: 100 }, { width: 100, height: 100 })).toEqual({
    x: 99,
    y: 99,
    width: 1,
    height: 1,
  })
})

test('lie inside the picture and hold the box, whatever it is', () => {
  const number = fc.double({ min: -50, max: 500, noNaN: true })
  fc.assert(
    fc.property(
      number,
      number,
      number,
      number,
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 1, max: 400 }),
      (a, b, c, d, width, height) => {
        const box = {
          type: 'box',
          x1: Math.min(a, c),
          y1: Math.min(b, d),
          x2: Math.max(a, c),
          y2: Math.max(b, d),
        } as const
        const region = regionOf(box, { width, height })
        expect(region.x >= 0 && region.y >= 0 && region.width >= 1 && region.height >= 1).toBe(true)
        expect(region.x + region.width <= width && region.y + region.height <= height).toBe(true)
        if (box.x1 >= 0 && box.x2 <= width) expect(region.x <= box.x1 && region.x + region.width >= box.x2).toBe(true)
      },
    ),
  )
})

test('the part is named after the picture and what it shows', () => {
  expect(cropName('street.scene.jpg', 'red  car/left')).toBe('street.scene - red car left.png')
  expect(cropName('street', '')).toBe('street - part.png')
})
