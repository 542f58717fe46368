import { expect, test } from 'vitest'
import { encodingTime } from './sampleVideo.ts'

test('the nearest of what is known counts, by its tokens', () => {
  const known = [
    { tokens: 64, ms: 100 },
    { tokens: 576, ms: 2000 },
  ]
  expect(encodingTime(known, { slices: 10, tokens: 64 })).toBe(1000)
  expect(encodingTime(known, { slices: 10, tokens: 128 })).toBe(2000)
  expect(encodingTime(known, { slices: 2, tokens: 720 })).toBe(5000)
  expect(encodingTime([], { slices: 2, tokens: 720 })).toBeNull()
})
