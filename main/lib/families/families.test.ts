import { expect, test } from 'vitest'
import { isModelFamily } from './families.ts'

test('the engine runs the families that have a file here, and nothing that every object has', () => {
  expect(['qwen2vl', 'qwen25vl', 'qwen3vl', 'qwen35'].every(isModelFamily)).toBe(true)
  for (const id of ['gemma3', 'constructor', 'toString', '__proto__', '', null]) expect(isModelFamily(id)).toBe(false)
})
