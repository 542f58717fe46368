import { expect, test } from 'vitest'
import { CrashPolicy } from './crashes.ts'

const MINUTE = 60_000

test('waits longer after the second crash, and gives up at the third within five minutes', () => {
  let now = 0
  const policy = new CrashPolicy(() => now)
  expect(policy.crashed()).toBe(250)
  now += 2 * MINUTE
  expect(policy.crashed()).toBe(1000)
  now += 2 * MINUTE
  expect(policy.crashed()).toBeNull()
})

test('crashes that are five minutes old no longer count', () => {
  let now = 0
  const policy = new CrashPolicy(() => now)
  for (let i = 0; i < 10; i++) {
    expect(policy.crashed()).not.toBeNull()
    now += 2.5 * MINUTE
  }
})

test('the user trying again starts the count anew', () => {
  const policy = new CrashPolicy(() => 0)
  for (let i = 0; i < 3; i++) policy.crashed()
  policy.reset()
  expect(policy.crashed()).toBe(250)
})
