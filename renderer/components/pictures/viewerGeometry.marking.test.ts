import { MAX_MARKS, PictureMark } from '#contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addMark, boxBetween, inTheMiddle, moved, nextLabel, resized } from './viewerGeometry.ts'

const far = fc.double({ min: -3, max: 3, noNaN: true })
const place = fc.record({ x: far, y: far })

test('a box is drawn from any corner to any other, and ends at the picture', () => {
  expect(boxBetween({ x: 0.5, y: 0.75 }, { x: 0.25, y: 1.5 })).toEqual({ x1: 0.25, y1: 0.75, x2: 0.5, y2: 1 })
  expect(boxBetween({ x: 0.5, y: 0.5 }, { x: 0.501, y: 0.9 })).toBeNull()
})

test('marks are named by kind, with numbers that are free', () => {
  const two = addMark(addMark([], inTheMiddle('box')), inTheMiddle('point'))
  expect(two.map(({ label }) => label)).toEqual(['Box 1', 'Point 1'])
  expect(nextLabel(two, 'box')).toBe('Box 2')
  expect(nextLabel(two.slice(1), 'box')).toBe('Box 1')
})

test('a picture takes no more than the contract does', () => {
  let marks = addMark([], inTheMiddle('box'))
  for (let i = 0; i < MAX_MARKS + 3; i++) marks = addMark(marks, inTheMiddle('point'))
  expect(marks).toHaveLength(MAX_MARKS)
})

test('whatever is drawn, moved and resized is a mark that the core takes', () => {
  fc.assert(
    fc.property(place, place, fc.array(fc.tuple(fc.boolean(), place), { maxLength: 6 }), (from, to, steps) => {
      const marks = addMark(addMark([], boxBetween(from, to) ?? inTheMiddle('box')), from)
      for (let mark of marks) {
        for (const [isMove, by] of steps) mark = isMove ? moved(mark, by) : resized(mark, by)
        expect(PictureMark.safeParse(mark).success, JSON.stringify(mark)).toBe(true)
        if (mark.type === 'box') expect(mark.x2 > mark.x1 && mark.y2 > mark.y1, JSON.stringify(mark)).toBe(true)
      }
    }),
  )
})
