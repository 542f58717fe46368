import { expect, test } from 'vitest'
import { findMarks } from './findMarks.ts'
import { findTimes, isThere, stretchOf } from './linkAnswer.ts'

const stretches = (text: string) =>
  findMarks(text, 'qwen2vl').marks.map((mark) => stretchOf(text, mark, findTimes(text, 60)))
const box = '<|box_start|>(1,2),(3,4)<|box_end|>'

test('a mark belongs to its own time, else to the one written before it in its paragraph', () => {
  expect(stretches('[{"time": 4.5, "bbox_2d": [1,2,3,4]}, {"bbox_2d": [1,2,3,4], "time": "0:06"}]')).toEqual([
    { from: 4.5, to: null },
    { from: 6, to: null },
  ])
  expect(
    stretches(
      `${box} At 0:03 it is here ${box} and there ${box}, from 0:05-0:07 elsewhere:\n- ${box}\n\nIn all: ${box}`,
    ),
  ).toEqual([null, { from: 3, to: null }, { from: 3, to: null }, { from: 5, to: 7 }, null])
})

test('is there around its moment, through its stretch, or always', () => {
  const seen = (stretch: Parameters<typeof isThere>[0]) =>
    [0, 2.7, 3, 3.2, 4, 5.2].map((second) => isThere(stretch, second, 0.5))
  expect(seen({ from: 3, to: null })).toEqual([false, false, true, true, false, false])
  expect(seen({ from: 3, to: 5 })).toEqual([false, false, true, true, true, true])
  expect(seen(null)).toEqual([true, true, true, true, true, true])
  expect(isThere({ from: 10, to: null }, 8.1, 4), 'frames that are far apart stand for more').toBe(true)
})
