import { expect, test } from 'vitest'
import { parseRange } from './responses.ts'

test('ranges are read as HTTP defines them', () => {
  expect(parseRange('bytes=0-9', 100)).toEqual({ start: 0, end: 9 })
  expect(parseRange('bytes=90-', 100)).toEqual({ start: 90, end: 99 })
  expect(parseRange('bytes=90-500', 100)).toEqual({ start: 90, end: 99 })
  expect(parseRange('bytes=-10', 100)).toEqual({ start: 90, end: 99 })
  expect(parseRange('bytes=-500', 100)).toEqual({ start: 0, end: 99 })
})

test('what is no single byte range means the whole file', () => {
  for (const header of [null, '', 'bytes=', 'bytes=-', 'bytes=5-1', 'bytes=0-1,5-6', 'items=0-1', 'bytes=a-b'])
    expect(parseRange(header, 100)).toBeNull()
})

test('a range beyond the file cannot be answered', () => {
  for (const header of ['bytes=100-', 'bytes=500-600', 'bytes=-0'])
    expect(parseRange(header, 100)).toBe('unsatisfiable')
  expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable')
})
