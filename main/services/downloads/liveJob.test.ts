import { expect, test } from 'vitest'
import { createSpeed } from './liveJob.ts'

test('speed is what came in the last while, nothing before a second has passed, and falls when nothing comes', () => {
  let now = 1_000_000
  const speed = createSpeed(() => now)
  expect(speed.perSecond()).toBeNull()
  for (let i = 0; i < 9; i++) {
    speed.add(1000)
    now += 100
  }
  expect(speed.perSecond()).toBeNull()
  now += 100
  expect(speed.perSecond()).toBe(9000)
  now += 3000
  expect(speed.perSecond()).toBe(2250)
  now += 8000
  expect(speed.perSecond()).toBe(0)
  speed.reset()
  expect(speed.perSecond()).toBeNull()
})

test('a long transfer is judged by its last eight seconds', () => {
  let now = 0
  const speed = createSpeed(() => now)
  for (; now < 60_000; now += 100) speed.add(now < 50_000 ? 100_000 : 100)
  expect(speed.perSecond()).toBeGreaterThan(950)
  expect(speed.perSecond()).toBeLessThan(1050)
})
