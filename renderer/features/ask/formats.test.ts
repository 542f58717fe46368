import { expect, test } from 'vitest'
import { readyFormats } from '#contract'
import { offsetOf, titleOf } from './formats.ts'

test('a place of a text is found again', () => {
  const text = '{\n  "a" 1\n}'
  expect(text[offsetOf(text, { line: 2, column: 7 })]).toBe('1')
  expect(offsetOf(text, { line: 9, column: 9 })).toBeLessThanOrEqual(text.length)
})

test('a schema that names itself is called so', () => {
  expect(titleOf('{"title": " Receipt ", "type": "object"}')).toBe('Receipt')
  for (const other of ['', '{', '{"title": 1}', 'null', '[]']) expect(titleOf(other)).toBe('')
})

test('ready formats have names and schemas of their own', () => {
  expect(new Set(readyFormats.map(({ name }) => name)).size).toBe(readyFormats.length)
  for (const { schema } of readyFormats) expect(JSON.parse(schema)).toHaveProperty('type')
})
