import { expect, test } from 'vitest'
import { codecName } from './codecNames.ts'

test('a codec has the name that people know, or the file’s own', () => {
  expect(codecName('avc', 'avc1')).toBe('H.264')
  expect(codecName('hevc', null)).toBe('H.265 (HEVC)')
  expect(codecName(null, 'apch')).toBe('ProRes')
  expect(codecName(null, 'xyz1')).toBe('xyz1')
  expect(codecName(null, null)).toBe('unknown')
})
