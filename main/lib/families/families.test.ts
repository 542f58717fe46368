import { expect, test } from 'vitest'
import { ModelFamily, pictureUnits } from '#contract'
import { isModelFamily, visionOf } from './families.ts'
import { tokenPixels } from './family.ts'

test('the engine runs the families that have a file here, and nothing that every object has', () => {
  expect(['qwen2vl', 'qwen25vl', 'qwen3vl', 'qwen35'].every(isModelFamily)).toBe(true)
  for (const id of ['gemma3', 'constructor', 'toString', '__proto__', '', null]) expect(isModelFamily(id)).toBe(false)
})

test.each(ModelFamily.options)('window and engine count the tokens of %s pictures alike', (family) => {
  expect(pictureUnits(family).side).toBe(tokenPixels(visionOf(family)))
})
