import { expect, test } from 'vitest'
import { arrowOf, nothingPicked, offered, pick, taken, type PickEvent, type Picking } from './picker.ts'

const picture = { width: 200, height: 100 }
const after = (...events: PickEvent[]): Picking => events.reduce(pick, nothingPicked(picture))
const press = (x: number, y: number, on: 'picture' | 'region' = 'picture'): PickEvent => ({
  type: 'press',
  at: { x, y },
  on,
})
const point = (x: number, y: number): PickEvent => ({ type: 'point', at: { x, y } })
const release: PickEvent = { type: 'release' }
const drawn = [press(50, 40), point(20, 10), release]

test('dragging draws a region in whichever direction, both ends included', () => {
  expect(after(...drawn)).toMatchObject({ region: { x: 20, y: 10, width: 31, height: 31 }, drag: null })
})

test('a click draws nothing, and takes back what was drawn', () => {
  expect(after(...drawn, press(100, 50), point(101, 50), release).region).toBeNull()
})

test('a click takes the frontmost window that it is on, which is offered before', () => {
  const front = { x: 10, y: 10, width: 40, height: 30 }
  const back = { x: 0, y: 0, width: 120, height: 90 }
  const windows: PickEvent = { type: 'windows', windows: [front, back] }
  expect(offered(after(windows))).toBeNull()
  expect([
    offered(after(windows, point(12, 12))),
    offered(after(windows, point(60, 60))),
    offered(after(windows, point(150, 95))),
  ]).toEqual([front, back, null])
  expect(after(windows, press(49, 39), release)).toMatchObject({ region: front, drag: null })
  expect(after(windows, press(50, 39), point(51, 40), release).region).toEqual(back)
  expect(after(windows, press(150, 95), release).region).toBeNull()
  expect(offered(after(windows, ...drawn, point(12, 60))), 'something is chosen already').toBeNull()
})

test('the region is moved and sized by what the pointer pressed on', () => {
  expect(after(...drawn, press(30, 30, 'region'), point(40, 25), release).region).toEqual({
    x: 30,
    y: 5,
    width: 31,
    height: 31,
  })
  const size: PickEvent = { type: 'press', at: { x: 20, y: 10 }, on: { x: -1, y: -1 } }
  expect(after(...drawn, size, point(25, 0), release).region).toEqual({ x: 25, y: 0, width: 26, height: 41 })
  expect(after(size, point(60, 60)).drag?.kind, 'there is nothing to size').toBe('draw')
})

test('a pointer that leaves while it draws goes on drawing', () => {
  expect(after(point(5, 5), { type: 'leave' }).pointer).toBeNull()
  expect(after(press(5, 5), { type: 'leave' }, point(30, 30)).region).toEqual({ x: 5, y: 5, width: 26, height: 26 })
})

test('the keyboard begins in the middle, moves by a pixel or ten, and sizes', () => {
  const nudge = (key: string, isFar = false, sizing = false): PickEvent => ({
    type: 'nudge',
    by: arrowOf(key, isFar)!,
    sizing,
  })
  const first = nudge('ArrowLeft')
  expect(after(first).region).toEqual({ x: 50, y: 25, width: 100, height: 50 })
  expect(after(first, first, nudge('ArrowDown', true)).region).toEqual({ x: 49, y: 35, width: 100, height: 50 })
  expect(after(first, nudge('ArrowRight', true, true), nudge('ArrowUp', false, true)).region).toEqual({
    x: 50,
    y: 25,
    width: 110,
    height: 49,
  })
  expect(arrowOf('a', false)).toBeNull()
})

test('without a region all of the picture is taken', () => {
  expect(taken(after())).toEqual({ x: 0, y: 0, ...picture })
  expect(taken(after({ type: 'set', region: { x: 1, y: 2, width: 3, height: 4 } }))).toEqual({
    x: 1,
    y: 2,
    width: 3,
    height: 4,
  })
})
