import { expect, test } from 'vitest'
import { bytes, clock, counted, day, timeLeft } from './format.ts'

const plain = (text: string): string => text.replaceAll('\u00a0', ' ')

test.each([
  [0, 'about 1 s'],
  [3, 'about 5 s'],
  [41, 'about 45 s'],
  [55, 'about 1 min'],
  [130, 'about 2 min'],
  [3599, 'about 1 h'],
  [3600, 'about 1 h'],
  [4800, 'about 1 h 20 min'],
  [7000, 'about 2 h'],
])('%d s left is told as "%s"', (seconds, words) => {
  expect(plain(timeLeft(seconds))).toBe(words)
})

test('a past day is near or a date', () => {
  const now = new Date(2025, 5, 15, 0, 30).getTime()
  expect(day(now, now)).toBe('today')
  expect(day(now - 60 * 60_000, now)).toBe('yesterday')
  expect(day(new Date(2025, 5, 9, 23, 0).getTime(), now)).toBe('6 days ago')
  expect(day(new Date(2025, 4, 1).getTime(), now)).toMatch(/2025/)
  expect(day(now + 5_000, now)).toBe('today')
})

test('counts have their noun', () => {
  expect(counted(1, 'model')).toBe('1 model')
  expect(counted(1200, 'model')).toBe('1,200 models')
})

test('a place in a video is told as a clock', () => {
  expect([0, 999, 42_000, 3_723_000].map((ms) => clock(ms))).toEqual(['0:00', '0:00', '0:42', '1:02:03'])
  expect([0, 583, 59_960, 61_250].map((ms) => clock(ms, true))).toEqual(['0:00.0', '0:00.6', '1:00.0', '1:01.3'])
})

test('a size is said in the unit that people read, and in whole words below a thousand', () => {
  expect([0, 1, 46, 1000, 3_800_000, 4_683_074_048].map(bytes)).toEqual([
    '0 bytes',
    '1 byte',
    '46 bytes',
    '1 kB',
    '3.8 MB',
    '4.7 GB',
  ])
})
