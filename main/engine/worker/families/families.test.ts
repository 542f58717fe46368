import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PictureMark } from '#contract'
import { marksText } from './families.ts'

const box: PictureMark = { type: 'box', x1: 0.1, y1: 0.2, x2: 0.5, y2: 1, label: 'Box 1' }
const point: PictureMark = { type: 'point', x: 0.25, y: 0.75, label: 'the "knob"' }
const size = { width: 560, height: 280 }

test('Qwen2-VL is told tokens in thousandths', () => {
  expect(marksText([box, point], size, 'qwen2vl')).toBe(
    '<|object_ref_start|>Box 1<|object_ref_end|><|box_start|>(100,200),(500,999)<|box_end|><|object_ref_start|>the "knob"<|object_ref_end|><|box_start|>(250,750)<|box_end|>\n',
  )
  expect(marksText([{ ...box, label: '' }], size, 'qwen2vl')).toBe('<|box_start|>(100,200),(500,999)<|box_end|>\n')
})

test('Qwen2.5-VL is told JSON in pixels of the picture as it gets it', () => {
  const text = marksText([box, point, { ...point, label: '' }], size, 'qwen25vl')
  expect(text).toBe(
    '[{"bbox_2d": [56, 56, 280, 279], "label": "Box 1"}, {"point_2d": [140, 210], "label": "the \\"knob\\""}, {"point_2d": [140, 210]}]\n',
  )
  expect(() => JSON.parse(text) as unknown).not.toThrow()
})

test('nothing is told without marks', () => expect(marksText([], size, 'qwen25vl')).toBe(''))

test('corners come in order and inside, within one unit of what was drawn', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  const side = fc.integer({ min: 1, max: 60 }).map((tokens) => tokens * 28)
  fc.assert(
    fc.property(share, share, share, share, side, side, (x1, y1, x2, y2, width, height) => {
      for (const [family, units] of [
        ['qwen2vl', { width: 1000, height: 1000 }],
        ['qwen25vl', { width, height }],
      ] as const) {
        const [left, top, right, bottom] = marksText(
          [{ type: 'box', x1, y1, x2, y2, label: '' }],
          { width, height },
          family,
        )
          .match(/(?<=[[(, ])\d+/g)!
          .map(Number) as [number, number, number, number]
        expect(left).toBeLessThanOrEqual(right)
        expect(top).toBeLessThanOrEqual(bottom)
        expect(right).toBeLessThan(units.width)
        expect(bottom).toBeLessThan(units.height)
        expect(Math.abs(left - Math.min(x1, x2) * units.width)).toBeLessThanOrEqual(1)
        expect(Math.abs(bottom - Math.max(y1, y2) * units.height)).toBeLessThanOrEqual(1)
      }
    }),
  )
})

test('a fine-tune gets them in the space that it counts in', () => {
  expect(marksText([box], size, 'qwen25vl', undefined, 'thousandths')).toContain('"bbox_2d": [100, 200, 500, 999]')
  expect(marksText([{ ...box, label: '' }], { width: 560, height: 280 }, 'qwen2vl', undefined, 'pixels')).toBe(
    '<|box_start|>(56,56),(280,279)<|box_end|>\n',
  )
  expect(marksText([{ ...box, label: '' }], size, 'qwen2vl', undefined, 'shares')).toBe(
    '<|box_start|>(0.1,0.2),(0.5,1)<|box_end|>\n',
  )
  // coordinate tokens whatever the family, cut down to the bin
  expect(marksText([{ ...box, label: 'cat' }, point], size, 'qwen25vl', undefined, 'bins')).toMatch(
    /^<\|object_ref_start\|>cat<\|object_ref_end\|><\|box_start\|><99><199><499><999><\|box_end\|>, .*<\|box_start\|><\d+><\d+><\|box_end\|>\n$/,
  )
})
