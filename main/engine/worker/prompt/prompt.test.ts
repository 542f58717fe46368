import { expect, test } from 'vitest'
import { goldenJson } from '../../../testing/engineGoldens.ts'
import { tenths } from './prompt.ts'

interface Stamps {
  readonly frames_indices: readonly number[]
  readonly fps: number
  readonly seconds: readonly number[]
  readonly texts: readonly string[]
}

test.each(goldenJson<Stamps[]>('qwen3vl', 'timestamps.json'))(
  'times are written as the reference writes them: $texts',
  ({ seconds, texts }) => {
    expect(seconds.map((time) => `<${tenths(time)} seconds>`)).toEqual(texts)
  },
)

test('exact halves of a tenth go to the even digit, all else to the nearest', () => {
  expect([0.25, 0.75, 1.25, 1.75, 12.25, 0.05, 0.15, 0.35, 2.45, 7].map(tenths)).toEqual(
    // Python: [f"{t:.1f}" for t in (0.25, 0.75, 1.25, 1.75, 12.25, 0.05, 0.15, 0.35, 2.45, 7)]
    ['0.2', '0.8', '1.2', '1.8', '12.2', '0.1', '0.1', '0.3', '2.5', '7.0'],
  )
})
