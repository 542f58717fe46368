import { expect, test } from 'vitest'
import { clickPosition, findMarks, spaceOf, toModel, toOriginal } from './findMarks.ts'
import type { Shape } from './findMarks.ts'
import { linkAnswer } from './linkAnswer.ts'

const profile = { id: 'rex-omni', name: 'Rex-Omni', parser: 'marks', space: 'bins' } as const
const marksOf = (text: string) => findMarks(text, 'qwen25vl', profile).marks
const shapes = (text: string) => marksOf(text).map(({ shape, label }) => ({ shape, label }))
const box = (x1: number, y1: number, x2: number, y2: number) => ({ type: 'box', x1, y1, x2, y2 })
const group = (name: string, places: string) =>
  `<|object_ref_start|>${name}<|object_ref_end|><|box_start|>${places}<|box_end|>`

test('coordinate tokens of Rex-Omni are boxes and points of several classes', () => {
  const text = `${group('man', '<12><45><987><620>,<80><286><146><515>')}, ${group('nose', '<5><6>, <7><8>')}`
  expect(shapes(text)).toEqual([
    { shape: box(12, 45, 987, 620), label: 'man' },
    { shape: box(80, 286, 146, 515), label: 'man' },
    { shape: { type: 'point', x: 5, y: 6 }, label: 'nose' },
    { shape: { type: 'point', x: 7, y: 8 }, label: 'nose' },
  ])
})

test('a polygon is told by the box around it, key points by their names', () => {
  expect(shapes(group('Hello Rachel,', '<83><305><302><294><306><344><87><358>'))).toEqual([
    { shape: box(83, 294, 306, 358), label: 'Hello Rachel,' },
  ])
  const keys =
    '```json\n{"person1": {"bbox": " <1><36><987><984> ", "keypoints": {"nose": " <540> <351> ", "left eye": "unvisible"}}}\n```'
  expect(shapes(keys)).toEqual([
    { shape: box(1, 36, 987, 984), label: 'person1' },
    { shape: { type: 'point', x: 540, y: 351 }, label: 'nose' },
  ])
})

test('what is broken or still being written is no place; what is whole stays', () => {
  expect(shapes('<|object_ref_start|>man<|object_ref_end|><|box_start|><1><2><3><4>,<5><6>')).toEqual([
    { shape: box(1, 2, 3, 4), label: 'man' },
  ])
  expect(shapes(group('man', '<1><2><3>'))).toEqual([])
  expect(shapes(group('man', '<1><2><3>,<5><6><7><8>'))).toEqual([{ shape: box(5, 6, 7, 8), label: 'man' }])
  expect(shapes(group('man', 'None'))).toEqual([])
})

test('they read as names linked to their places', () => {
  const text = `${group('man', '<1><2><3><4>,<5><6><7><8>')}, ${group('dog', 'None')}`
  expect(linkAnswer(text, marksOf(text), [], false)).toBe('[man](#mark-0) [Box 2](#mark-1) , dog (none)')
  const part = '<|object_ref_start|>man<|object_ref_end|><|box_start|><1><2><3><4>,<5><6'
  for (let cut = 0; cut < 7; cut++) {
    const text = part.slice(0, part.length - cut)
    expect(linkAnswer(text, marksOf(text), [], true).trim(), text).toMatch(/^(?:\[man\]\(#mark-0\),?|man)$/)
  }
})

test('a long row of tokens is read in time', () => {
  for (const piece of ['<1>', '<1><2>,', '<|box_start|><1>'])
    expect(marksOf(`<|box_start|>${piece.repeat(20_000)}`).length).toBeGreaterThanOrEqual(0)
})

test('the space is the profile’s, else the family’s', () => {
  expect(spaceOf('qwen25vl', profile)).toBe('bins')
  expect(spaceOf('qwen25vl', { ...profile, space: null })).toBe('pixels')
  expect(spaceOf('qwen25vl')).toBe('pixels')
  for (const family of ['qwen2vl', 'qwen3vl', 'qwen35'] as const) expect(spaceOf(family)).toBe('thousandths')
  expect(findMarks('[{"bbox_2d": [1, 2, 3, 4]}]', 'qwen2vl', { ...profile, space: 'pixels' }).space).toBe('pixels')
})

const views = { original: { width: 1998, height: 999 }, model: { width: 1008, height: 504 } }

test('the last bin is the edge, shares go from 0 to 1, both ways', () => {
  const corner: Shape = { type: 'point', x: 999, y: 999 }
  expect(toOriginal(corner, 'bins', views)).toEqual({ type: 'point', x: 1998, y: 999 })
  expect(toOriginal({ type: 'point', x: 0.49, y: 0.42 }, 'shares', views)).toEqual({
    type: 'point',
    x: expect.closeTo(979.02, 6) as number,
    y: expect.closeTo(419.58, 6) as number,
  })
  for (let bin = 0; bin <= 999; bin++) {
    const point: Shape = { type: 'point', x: bin, y: 999 - bin }
    expect(toModel(toOriginal(point, 'bins', views), 'bins', views)).toEqual(point)
    const share: Shape = { type: 'point', x: bin / 10_000, y: (10_000 - bin) / 10_000 }
    expect(toModel(toOriginal(share, 'shares', views), 'shares', views)).toEqual(share)
  }
})

test('boxes and points of Qwen3-VL’s JSON count thousandths, both ways', () => {
  const text =
    '```json\n[{"bbox_2d": [100, 200, 500, 1000], "label": "cat"}, {"point_2d": [333, 667], "label": "eye"}]\n```'
  const { marks, space } = findMarks(text, 'qwen3vl')
  const inPicture = marks.map(({ shape }) =>
    toOriginal(shape, space, { ...views, original: { width: 2000, height: 500 } }),
  )
  expect(inPicture).toEqual([box(200, 100, 1000, 500), { type: 'point', x: 666, y: 333.5 }])
  expect(inPicture.map((shape) => toModel(shape, space, { ...views, original: { width: 2000, height: 500 } }))).toEqual(
    marks.map(({ shape }) => shape),
  )
})

test('an arrow keeps its way, a scroll its direction', () => {
  const model = { original: { width: 100, height: 100 }, model: { width: 28, height: 28 } }
  expect(toOriginal({ type: 'arrow', x1: 900, y1: 500, x2: 100, y2: -5 }, 'thousandths', model)).toEqual({
    type: 'arrow',
    x1: 90,
    y1: 50,
    x2: 10,
    y2: 0,
  })
  expect(toOriginal({ type: 'point', x: 900, y: 500, toward: 'up' }, 'thousandths', model)).toEqual({
    type: 'point',
    x: 90,
    y: 50,
    toward: 'up',
  })
})

test('where to click is a pixel of the picture, or of the screen that it was captured of', () => {
  const size = { width: 200, height: 100 }
  expect(clickPosition({ type: 'point', x: 200, y: 12.6 }, size)).toBe('199, 13')
  expect(clickPosition({ type: 'arrow', x1: 10, y1: 20, x2: 30, y2: 40 }, size)).toBe('10, 20')
  expect(clickPosition({ type: 'point', x: 10, y: 20 }, size, { x: 300, y: 40 })).toBe('310, 60')
  expect(clickPosition({ type: 'box', x1: 10, y1: 20, x2: 30, y2: 40 }, size)).toBeNull()
})
