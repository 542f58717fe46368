import { expect, test } from 'vitest'
import { LABEL_HEIGHT, labelWidth, placeLabels } from './markStyle.ts'

const frame = { width: 400, height: 300 }

test('a label stands above its box, below when there is no room, inside when there is none either', () => {
  expect(placeLabels([{ x: 50, y: 100, width: 100, height: 50 }], ['car'], frame)).toEqual([
    { x: 50, y: 100 - LABEL_HEIGHT },
  ])
  expect(
    placeLabels(
      [
        { x: 0, y: 0, width: 400, height: 300 },
        { x: 0, y: 0, width: 400, height: 300 },
      ],
      ['a', 'b'],
      frame,
    )[1],
  ).not.toEqual({ x: 0, y: 0 })
  expect(placeLabels([{ x: 50, y: 100, width: 100, height: 50 }], [''], frame)).toEqual([null])
})

test('labels stay inside the picture and off one another while there is room', () => {
  let state = 5
  const random = (below: number) =>
    Math.floor(((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32) * below)
  for (let round = 0; round < 200; round++) {
    const areas = Array.from({ length: 4 }, () => ({
      x: random(300),
      y: random(250),
      width: 20 + random(80),
      height: 20 + random(30),
    }))
    const labels = ['a red circle', '蓝色方块', 'x', 'a label that is far too long to be shown in one small chip']
    const spots = placeLabels(areas, labels, frame)
    spots.forEach((spot, i) => {
      expect(spot!.x).toBeGreaterThanOrEqual(0)
      expect(spot!.y).toBeGreaterThanOrEqual(0)
      expect(spot!.x + labelWidth(labels[i]!)).toBeLessThanOrEqual(frame.width)
      expect(spot!.y + LABEL_HEIGHT).toBeLessThanOrEqual(frame.height)
    })
  }
  const apart = placeLabels(
    [
      { x: 10, y: 100, width: 80, height: 80 },
      { x: 12, y: 102, width: 80, height: 80 },
    ],
    ['first', 'second'],
    frame,
  )
  expect(
    Math.abs(apart[0]!.y - apart[1]!.y) >= LABEL_HEIGHT || Math.abs(apart[0]!.x - apart[1]!.x) >= labelWidth('first'),
  ).toBe(true)
})
