import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mostCheckpoints, recurrentStateBytes } from '../../memory/checkpoints.ts'
import type { Unit } from '../prompt/positions.ts'
import { Checkpoints, checkpointPlaces } from './checkpoints.ts'

const TURN = 7
const data = new Uint8Array(0)
const words = (count: number): Unit[] => Array.from({ length: count }, () => ({ token: 1 }))
const turn = (count: number): Unit[] => [{ token: TURN }, ...words(count - 1)]
const picture: Unit = { media: 'a', grid: { times: 1, rows: 8, columns: 8, timeStep: 1 } }
const places = (units: readonly Unit[], since = 0) => [...checkpointPlaces(units, TURN, { held: since, since })]

test('a question gets checkpoints behind its picture and before its answer, also where it is short', () => {
  expect(places([...turn(4), picture, ...words(6), ...turn(3)])).toEqual([5, 11])
})

test('of many short turns the first and the last get one, others only far from the one before', () => {
  expect(places(Array.from({ length: 10 }, () => turn(20)).flat())).toEqual([20, 160, 180])
  expect(places(Array.from({ length: 10 }, () => turn(150)).flat())).toEqual([150, 450, 750, 1050, 1200, 1350])
})

test('a question gets one too where the answer before it is long', () => {
  expect(places([...words(30), ...turn(20), ...turn(3)], 10)).toEqual([50])
  expect(places([...words(60), ...turn(20), ...turn(3)], 10)).toEqual([60, 80])
})

test('what was computed since the last one counts, and a long text gets some within', () => {
  expect(places([...words(10), ...turn(5), ...turn(5), ...turn(5), ...turn(5)], 300)).toEqual([10, 25])
  expect(places(words(5000))).toEqual([2048, 4096])
})

test('the state that is gone back to is the last one at or before the place that is wanted', () => {
  const checkpoints = new Checkpoints(4)
  for (const at of [30, 10, 20]) checkpoints.add({ at, tokens: at, data })
  expect(checkpoints.before(9)).toBeNull()
  expect(checkpoints.before(10)?.at).toBe(10)
  expect(checkpoints.before(29)?.at).toBe(20)
  checkpoints.truncate(20)
  expect(checkpoints.all.map(({ at }) => at)).toEqual([10, 20])
})

test('of too many the one goes that saves least, never the new one or one of the last two', () => {
  const checkpoints = new Checkpoints(4)
  for (const at of [1000, 1100, 3000, 3010]) checkpoints.add({ at, tokens: at, data })
  checkpoints.add({ at: 3020, tokens: 3020, data })
  expect(checkpoints.all.map(({ at }) => at)).toEqual([1000, 3000, 3010, 3020])
  checkpoints.add({ at: 2, tokens: 2, data })
  expect(checkpoints.all.map(({ at }) => at)).toEqual([2, 3000, 3010, 3020])
})

test('there are never more than allowed, and none where none is', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 6 }), fc.array(fc.integer({ min: 1, max: 500 })), (most, ats) => {
      const checkpoints = new Checkpoints(most)
      for (const at of ats) {
        checkpoints.add({ at, tokens: at * 3, data })
        expect(checkpoints.all.length).toBeLessThanOrEqual(most)
        expect(most === 0 || checkpoints.before(at)?.at === at).toBe(true)
      }
    }),
  )
})

test('the published shapes keep several within half a gigabyte; the largest keep three', () => {
  const shape = (blocks: number, valueHeads: number) => ({
    isRecurrent: Array.from({ length: blocks }, (_, i) => (i + 1) % 4 !== 0),
    kernel: 4,
    headLength: 128,
    keyHeads: 16,
    valueHeads,
  })
  expect(recurrentStateBytes(shape(32, 32))).toBe(24 * 4 * (3 * 8192 + 128 * 4096))
  expect(mostCheckpoints(shape(32, 32))).toBe(10)
  expect(mostCheckpoints(shape(64, 48))).toBe(3)
  expect(mostCheckpoints(shape(8, 2))).toBe(12)
})
