import { expect, test } from 'vitest'
import { MemoryWatch } from './processMemory.ts'
import type { MemoryPlan } from '../types.ts'

const GIB = 2 ** 30
const part = { device: 'CPU', weights: 0, projector: 0, kv: 0, picture: 0, overhead: 0, total: 2 * GIB, free: 8 * GIB }
const plan: MemoryPlan = {
  gpuLayers: 3,
  layers: 5,
  visionDevice: null,
  contextTokens: 4096,
  picturePixels: 784,
  parts: [part, { ...part, device: 'GPU', total: 20 * GIB }],
  total: 22 * GIB,
}

test("the limit is half as much again as planned for the computer's own memory, and one GiB", () => {
  const watch = new MemoryWatch(null)
  watch.work()
  expect(watch.isTooLarge(100 * GIB)).toBe(false)
  watch.plan(plan)
  expect(watch.limit).toBe(4 * GIB)
  expect(watch.isTooLarge(4 * GIB)).toBe(false)
  expect(watch.isTooLarge(4 * GIB + 1)).toBe(true)
})

test('a process that has only loaded its model is left alone', () => {
  const watch = new MemoryWatch(100)
  expect(watch.isTooLarge(200)).toBe(false)
  watch.work()
  expect(watch.isTooLarge(200)).toBe(true)
})

test('a renewed process that is as large at once is not renewed again and again', () => {
  const watch = new MemoryWatch(100)
  watch.work()
  watch.renew()
  expect(watch.isTooLarge(200)).toBe(false)
  watch.work()
  expect(watch.isTooLarge(300)).toBe(false)
  expect(watch.isTooLarge(301)).toBe(true)
})
