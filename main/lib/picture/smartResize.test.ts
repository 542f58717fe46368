import { readFileSync } from 'node:fs'
import { AppError } from '#contract'
import { describe, expect, test } from 'vitest'
import { roundHalfToEven, smartResize } from './smartResize.ts'

interface Golden {
  height: number
  width: number
  min_pixels: number
  max_pixels: number
  hf: [number, number] | null
}

const cases = JSON.parse(
  readFileSync(new URL('../../testing/goldens/common/smart_resize.json', import.meta.url), 'utf8'),
) as Golden[]

describe('smartResize', () => {
  test.each(cases)('$width x $height in $min_pixels..$max_pixels is the reference size', (golden) => {
    const resize = () =>
      smartResize(golden, { minPixels: golden.min_pixels, maxPixels: golden.max_pixels }, 'strip.png')
    if (golden.hf) {
      expect(resize()).toEqual({ height: golden.hf[0], width: golden.hf[1] })
    } else {
      expect(resize).toThrow(AppError)
      expect(resize).toThrow(/strip\.png is \d+ x \d+ pixels; one side may be at most 200 times the other/)
    }
  })

  test('the goldens hold accepted and refused sizes', () => {
    expect(cases.some((c) => c.hf === null)).toBe(true)
    expect(cases.filter((c) => c.hf).length).toBeGreaterThan(20)
  })

  test('halves round to the even neighbour', () => {
    expect([0.5, 1.5, 2.5, 3.5, 2.4999, 2.5001, 7].map(roundHalfToEven)).toEqual([0, 2, 2, 4, 2, 3, 7])
  })
})
