import { expect, test } from 'vitest'
import { findMarks } from './findMarks.ts'
import { addressed, findTimes, linkAnswer, timesInCode } from './linkAnswer.ts'

const linked = (text: string, streaming = false, duration = 0) =>
  linkAnswer(text, findMarks(text, 'qwen2vl').marks, duration ? findTimes(text, duration) : [], streaming)

test('an object with its box reads as its name, linked to the box', () => {
  const text =
    'I see <|object_ref_start|>the red circle<|object_ref_end|><|box_start|>(1,2),(3,4)<|box_end|> and <|box_start|>(5,6),(7,8)<|box_end|>.'
  expect(linked(text)).toBe('I see [the red circle](#mark-0) and  [Box 2](#mark-1) .')
})

test('an object with several boxes, and one without', () => {
  expect(
    linked(
      '<|object_ref_start|>cats<|object_ref_end|><|box_start|>(1,2),(3,4)<|box_end|><|box_start|>(5,6),(7,8)<|box_end|>',
    ),
  ).toBe('[cats](#mark-0) [Box 2](#mark-1) ')
  expect(linked('no <|object_ref_start|>dog [x]<|object_ref_end|> here')).toBe('no dog \\[x\\] here')
})

test('while it is written an unfinished box is left out, afterwards it is text', () => {
  for (const tail of ['<', '<|', '<|object_ref', '<|object_ref_start|>the r', '<|box_start|>(1,2'])
    expect(linked(`A circle ${tail}`, true)).toBe('A circle ')
  expect(linked('<|object_ref_start|>the red<|object_ref_end|><|box_start|>(1,2),(', true)).toBe('the red')
  expect(linked('A circle <|box_start|>(1,2')).toBe('A circle <|box_start|>(1,2')
  expect(linked('a < b', true)).toBe('a < b')
})

test('times become links where the video has them, not in code', () => {
  expect(linked('It stops at 0:42, see `0:42`.', false, 60)).toBe('It stops at [0:42](#time-42), see `0:42`.')
  expect(linked('It stops at 0:42.', false, 20)).toBe('It stops at 0:42.')
})

test('a stretch is one link to both of its ends', () => {
  expect(linked('From 00:42-00:51 it turns.', false, 60)).toBe('From [00:42-00:51](#time-42-51) it turns.')
})

test('times in code are told apart', () => {
  const text = 'At 0:02:\n```json\n{"start": 4.5, "end": 7}\n```'
  expect(timesInCode(text, findTimes(text, 9)).map(({ from }) => from)).toEqual([4.5, 7])
})

test('boxes in JSON stay as they are', () => {
  const text = '```json\n[{"bbox_2d": [1, 2, 3, 4], "label": "a"}]\n```'
  expect(linked(text)).toBe(text)
})

test('addresses name a mark or a time', () => {
  expect(addressed('#mark-3')).toEqual({ mark: 3 })
  expect(addressed('#time-4.5')).toEqual({ time: { from: 4.5, to: null } })
  expect(addressed('#time-4.5-51')).toEqual({ time: { from: 4.5, to: 51 } })
  for (const other of [
    undefined,
    '',
    'https://x',
    '#mark-',
    '#mark-x',
    '#mark-1.5',
    '#time-1e9',
    '#time-1-',
    '#time-1-2-3',
  ])
    expect(addressed(other)).toBeNull()
})

test('however an answer is cut, linking neither throws nor loses its words', () => {
  const text =
    'Look: <|object_ref_start|>one<|object_ref_end|><|box_start|>(1,2),(3,4)<|box_end|> at 0:03, ```js\n0:04\n``` and <|box_start|>(9,9)<|box_end|> end.'
  for (let cut = 0; cut <= text.length; cut++)
    expect(linked(text.slice(0, cut), true, 9).startsWith('Look:'.slice(0, cut))).toBe(true)
})
