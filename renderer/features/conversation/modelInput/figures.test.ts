import { expect, test } from 'vitest'
import type { ModelInput } from '#contract'
import { figuresOf } from './figures.ts'

const by = { answerId: 'a', model: 'Qwen2.5-VL 7B', isThere: true, createdAt: 0 }
const picture: ModelInput = {
  kind: 'picture',
  name: 'photo.jpg',
  page: null,
  seenBy: by,
  answers: [by],
  family: { id: 'qwen25vl', label: 'Qwen2.5-VL' },
  original: { width: 1920, height: 1080 },
  input: { width: 616, height: 336 },
  patch: 14,
  token: 28,
  grid: { times: 1, rows: 12, columns: 22 },
  tokens: 264,
  windows: { side: 4, rows: 3, columns: 6 },
  slices: [
    {
      frames: [0],
      positions: { t: [15, 15], h: [15, 26], w: [15, 36] },
      encoded: { from: 'computed', ms: 1234 },
    },
  ],
  frames: [{ input: 'sha?input=616x336', original: 'sha', ms: null }],
  video: null,
}

test('the figures of a picture are those of its answer', () => {
  expect(Object.fromEntries(figuresOf(picture, 0))).toMatchObject({
    Original: '1,920 × 1,080 px',
    'Model input': '616 × 336 px',
    'Grid (t × h × w)': '1 × 24 × 44 patches',
    Tokens: '264 tokens: 12 × 22, each 28 × 28 px',
    Windows: '18 of 4 × 4 tokens',
    Positions: 't 15, h 15–26, w 15–36',
    Encoding: 'Computed in 1.2 s',
  })
})

test('where vectors came from, and what is not known', () => {
  const encoding = (encoded: ModelInput['slices'][number]['encoded']) =>
    Object.fromEntries(figuresOf({ ...picture, slices: [{ frames: [0], positions: null, encoded }] }, 0))
  expect(encoding({ from: 'memory', ms: 20 })['Encoding']).toBe('From memory; computed before in 20 ms')
  expect(encoding({ from: 'disk', ms: null })['Encoding']).toBe('From the disk')
  expect(encoding(null)).toMatchObject({
    Encoding: 'Not kept with this answer',
    Positions: 'Not kept with this answer',
  })
})

test('a page says which it is, and a video its pair and how all were encoded', () => {
  expect(Object.fromEntries(figuresOf({ ...picture, page: 3 }, 0))['Page']).toContain('3')
  const video: ModelInput = {
    ...picture,
    kind: 'video',
    grid: { times: 2, rows: 2, columns: 3 },
    slices: [
      { frames: [0, 1], positions: null, encoded: { from: 'computed', ms: 10 } },
      { frames: [2, 2], positions: null, encoded: { from: 'memory', ms: 5 } },
    ],
    frames: [10_000, 10_500, 11_000].map((ms) => ({ input: 'frames/key/0?input=84x56', original: null, ms })),
    video: { file: 'sha', startMs: 10_000, durationMs: 3000 },
  }
  const told = Object.fromEntries(figuresOf(video, 1))
  expect(told).toMatchObject({ Pair: '2 of 2, 0:01.0', 'All pairs': '1 computed in 10 ms, 1 from memory' })
  expect(Object.fromEntries(figuresOf(video, 0))['Pair']).toBe('1 of 2, 0:00.0 and 0:00.5')
})
