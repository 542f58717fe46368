import fc from 'fast-check'
import { expect, test } from 'vitest'
import { turned } from './pixels.ts'

// a b c
// d e f
const letters = Uint32Array.from('abcdef', (letter) => letter.charCodeAt(0))
const size = { width: 3, height: 2 }
const words = (rotation: number, flip = false) => String.fromCharCode(...turned(letters, size, { rotation, flip }))

test('a frame is turned clockwise, then mirrored', () => {
  expect(words(0)).toBe('abcdef')
  expect(words(90)).toBe('da' + 'eb' + 'fc')
  expect(words(180)).toBe('fed' + 'cba')
  expect(words(270)).toBe('cf' + 'be' + 'ad')
  expect(words(0, true)).toBe('cba' + 'fed')
  expect(words(90, true)).toBe('ad' + 'be' + 'cf')
})

test('turning there and back gives the frame again, whatever its size', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(90, 180, 270),
      (width, height, rotation) => {
        const pixels = Uint32Array.from({ length: width * height }, (_, i) => i)
        const once = turned(pixels, { width, height }, { rotation, flip: false })
        const between = rotation === 180 ? { width, height } : { width: height, height: width }
        expect(turned(once, between, { rotation: 360 - rotation, flip: false })).toEqual(pixels)
      },
    ),
  )
})
