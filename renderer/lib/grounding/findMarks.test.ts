import { describe, expect, test } from 'vitest'
import { findMarks } from './findMarks.ts'
import { findTimes } from './linkAnswer.ts'

const shapes = (text: string) => findMarks(text, 'qwen2vl').marks.map(({ shape, label }) => ({ shape, label }))

describe('boxes in tokens', () => {
  test('belong to the object named before them', () => {
    const text =
      '<|object_ref_start|>the red circle<|object_ref_end|><|box_start|>(100,200),(300,400)<|box_end|> and <|object_ref_start|>a ring<|object_ref_end|><|box_start|>(5,6),(7,8)<|box_end|><|box_start|>( 9 , 10 )<|box_end|>'
    expect(shapes(text)).toEqual([
      { label: 'the red circle', shape: { type: 'box', x1: 100, y1: 200, x2: 300, y2: 400 } },
      { label: 'a ring', shape: { type: 'box', x1: 5, y1: 6, x2: 7, y2: 8 } },
      { label: 'a ring', shape: { type: 'point', x: 9, y: 10 } },
    ])
    const [mark] = findMarks(text, 'qwen2vl').marks
    expect(text.slice(mark!.start, mark!.end)).toBe('<|box_start|>(100,200),(300,400)<|box_end|>')
  })

  test('without a name, and with corners the other way round', () => {
    expect(shapes('<|box_start|>(300,400),(100,200)<|box_end|>')).toEqual([
      { label: '', shape: { type: 'box', x1: 100, y1: 200, x2: 300, y2: 400 } },
    ])
  })

  test('that are cut off or broken are text', () => {
    for (const broken of [
      '<|box_start|>(1,2),(3',
      '<|box_start|>(1,2),(3,4)',
      '<|box_start|>(a,b),(c,d)<|box_end|>',
      '(1,2),(3,4)',
      '<|box_start|>(1,2),(3,4),(5,6)<|box_end|>',
    ])
      expect(shapes(broken)).toEqual([])
  })
})

describe('boxes in JSON', () => {
  test('of a list in a code fence, in pixels of what the model got', () => {
    const text =
      'Here:\n```json\n[\n  {"bbox_2d": [10, 20, 30, 40], "label": "cat \\"Tom\\""},\n  {"label": "nose", "point_2d": [15.5, 22]}\n]\n```'
    const { marks, space } = findMarks(text, 'qwen25vl')
    expect(space).toBe('pixels')
    expect(marks.map(({ shape, label }) => ({ shape, label }))).toEqual([
      { label: 'cat "Tom"', shape: { type: 'box', x1: 10, y1: 20, x2: 30, y2: 40 } },
      { label: 'nose', shape: { type: 'point', x: 15.5, y: 22 } },
    ])
    expect(text.slice(marks[0]!.start, marks[0]!.end)).toBe('{"bbox_2d": [10, 20, 30, 40], "label": "cat \\"Tom\\""}')
  })

  test('keeps the whole ones of a list that is cut off or broken', () => {
    expect(shapes('[{"bbox_2d": [1, 2, 3, 4], "label": "a"}, {"bbox_2d": [5, 6, 7')).toHaveLength(1)
    expect(shapes('[{"bbox_2d": [1, 2, 3, 4], "label": "a"} {"bbox_2d": [5, 6, 7, 8], "label": "b"')).toMatchObject([
      { label: 'a' },
      { label: 'b' },
    ])
    expect(shapes('{"bbox_2d": [1, 2, 3], "label": "a"}')).toEqual([])
    expect(shapes('{"bbox_2d": "1,2,3,4"}')).toEqual([])
  })

  test('of a video carry their time', () => {
    const { marks } = findMarks(
      '[{"time": 4.5, "bbox_2d": [1,2,3,4]}, {"time": "1:02", "bbox_2d": [1,2,3,4]}]',
      'qwen25vl',
    )
    expect(marks.map(({ time }) => time)).toEqual([4.5, 62])
  })
})

test('boxes in HTML documents', () => {
  expect(
    shapes(
      '<body><h2 data-bbox="10 20 300 40">Invoice  No. 7</h2>\n<div class="image" data-bbox="5 60 90 99"><img/></div><p>none</p></body>',
    ),
  ).toEqual([
    { label: 'Invoice No. 7', shape: { type: 'box', x1: 10, y1: 20, x2: 300, y2: 40 } },
    { label: 'image', shape: { type: 'box', x1: 5, y1: 60, x2: 90, y2: 99 } },
  ])
})

test('times are found where a video has them', () => {
  const found = (text: string, duration = 3600) =>
    findTimes(text, duration).map(({ from, to, start, end }) => [from, to, text.slice(start, end)])
  expect(found('It stops at 0:42.')).toEqual([[42, null, '0:42']])
  expect(found('From 00:42-00:51 it turns, at 1:02:03 it ends')).toEqual(
    [
      [42, 51, '00:42-00:51'],
      [3723, null, '1:02:03'],
    ].slice(0, 1),
  )
  expect(found('at 1:02:03 it ends', 4000)).toEqual([[3723, null, '1:02:03']])
  expect(found('at 42.0s and after 3 seconds, 5-7 s, 第2秒')).toEqual([
    [42, null, '42.0s'],
    [3, null, '3 seconds'],
    [5, 7, '5-7 s'],
    [2, null, '2秒'],
  ])
  expect(found('{"event": "jump", "start": 4.5, "end": "6"}')).toEqual([
    [4.5, null, '4.5'],
    [6, null, '6'],
  ])
  expect(found('a ratio of 16:90, version 1.2.3, 10:5, 12345:67, 3 stars')).toEqual([])
  expect(found('It happens at 0:42.', 20)).toEqual([])
})

describe('arbitrary text', () => {
  const pieces = [
    '<|box_start|>',
    '<|box_end|>',
    '<|object_ref_start|>',
    '<|object_ref_end|>',
    '(1,2)',
    ',',
    '(999,0)',
    '{"bbox_2d": [',
    '1, 2, 3, 4',
    ']',
    '}',
    '"label": "',
    '"',
    '\\',
    '<div data-bbox="1 2 3 4">',
    '<',
    '>',
    'text ',
    '\n',
    '```json',
    '0:42',
    '-',
    '3.5s',
    '漢字',
    '😀',
    '-1e9',
    '99999999',
  ]
  let state = 7
  const random = (below: number) => (((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32) * below) | 0

  test('never throws, and marks stay inside it, whole and in order, however it is cut', () => {
    for (let round = 0; round < 3000; round++) {
      const text = Array.from({ length: random(30) }, () => pieces[random(pieces.length)]!).join('')
      for (const family of ['qwen2vl', 'qwen25vl'] as const) {
        const { marks } = findMarks(text, family)
        for (const { start, end, shape } of marks) {
          expect(start).toBeLessThan(end)
          expect(end).toBeLessThanOrEqual(text.length)
          expect(Object.values(shape).every((value) => typeof value === 'string' || Number.isFinite(value))).toBe(true)
        }
      }
      for (const { from, start, end } of findTimes(text, 100))
        expect(Number.isFinite(from) && start < end && end <= text.length).toBe(true)
    }
  })

  test('of hostile length takes time in proportion', () => {
    for (const piece of pieces)
      expect(findMarks(piece.repeat(20_000), 'qwen2vl').marks.length).toBeGreaterThanOrEqual(0)
    for (const piece of pieces) expect(findTimes(piece.repeat(20_000), 10).length).toBeGreaterThanOrEqual(0)
  })
})
