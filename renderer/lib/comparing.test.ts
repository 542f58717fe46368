import { beforeEach, expect, test } from 'vitest'
import { comparedIn, compareIn, keepComparing } from './comparing.ts'

const small = { id: 's', name: 'Small' }
const large = { id: 'l', name: 'Large' }

beforeEach(() => ['a', 'b', null].forEach((id) => compareIn(id, null)))

test('each conversation compares with its own model until it is turned off', () => {
  expect(compareIn('a', small)).toBe(true)
  expect(compareIn('b', large)).toBe(true)
  expect([comparedIn('a'), comparedIn('b'), comparedIn(null)]).toEqual([small, large, null])
  expect(compareIn('a', large)).toBe(true)
  expect(comparedIn('a')).toEqual(large)
  expect(compareIn('b', null)).toBe(true)
  expect(compareIn('a', null)).toBe(false)
  expect([comparedIn('a'), comparedIn('b')]).toEqual([null, null])
})

test('what was chosen before the first question goes with the conversation that it starts', () => {
  compareIn(null, small)
  keepComparing('a')
  expect([comparedIn('a'), comparedIn(null)]).toEqual([small, null])
  keepComparing('b')
  expect(comparedIn('b')).toBeNull()
})
