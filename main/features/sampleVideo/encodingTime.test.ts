import { expect, test } from 'vitest'
import type { BenchmarkResult } from '#contract'
import { encodedPictures, encodingTime } from './encodingTime.ts'

const memory = { memoryBytes: 1, gpuBytes: 0 }
const picture = (pictureTokens: number, encodeMs: number) => ({
  kind: 'picture' as const,
  side: 1,
  pictureTokens,
  encodeMs,
  ...memory,
})
const result = (id: string, rows: BenchmarkResult['rows']): BenchmarkResult => ({
  id,
  modelId: 'm',
  modelName: 'M',
  quantization: null,
  startedAt: 1,
  endedAt: 2,
  isComplete: true,
  machine: { cpu: 'x', cores: 2, memoryBytes: 1, backend: null },
  published: null,
  rows,
})

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

test('the latest measurement that has pictures is known', () => {
  const skipped = { kind: 'skipped' as const, what: 'pictures', reason: 'none' }
  expect(
    encodedPictures([
      result('c', [skipped]),
      result('b', [picture(64, 100), skipped, picture(576, 2000)]),
      result('a', [picture(64, 900)]),
    ]),
  ).toEqual([
    { tokens: 64, ms: 100 },
    { tokens: 576, ms: 2000 },
  ])
  expect(encodedPictures([])).toEqual([])
})
