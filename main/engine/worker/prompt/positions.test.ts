import { describe, expect, test } from 'vitest'
import { families, goldenJson } from '../../../testing/engineGoldens.ts'
import type { Family } from '../../../testing/engineGoldens.ts'
import { gridTokens, isCrowded, mediaPositions, sharesPosition } from '../../../lib/families/grid.ts'
import type { Grid } from '../../../lib/families/grid.ts'
import { commonPrefix, positionSpan } from './positions.ts'
import type { Unit } from './positions.ts'

/** `rope_index.json`: `grid_thw` in patches; the positions follow transformers 4.x, as the published models were trained. */
interface RopeCase {
  readonly name: string
  readonly segments: readonly Segment[]
  readonly position_ids: readonly [number[], number[], number[]]
  readonly rope_delta: number
}
type Segment =
  | { readonly kind: 'text'; readonly len: number }
  | {
      readonly kind: 'image' | 'video'
      readonly grid_thw: [number, number, number]
      readonly second_per_grid_t?: number | null
      /** Tokens of marks and times around the slices of a video, where each stands by itself. */
      readonly text_before_the_first_frame?: number
      readonly text_before_each_frame_after_the_first?: number
      readonly text_after_each_frame?: number
    }

const TOKENS_PER_SECOND = 2

/** What of a segment stands in the prompt: tokens of text, and grids. */
function piecesOf(segment: Segment, family: Family): readonly (number | Grid)[] {
  if (segment.kind === 'text') return [segment.len]
  const [times, height, width] = segment.grid_thw
  const timeStep = family === 'qwen25vl' ? (segment.second_per_grid_t ?? 1) * TOKENS_PER_SECOND : 1
  const grid: Grid = { times, rows: height / 2, columns: width / 2, timeStep }
  if (segment.text_before_the_first_frame === undefined) return [grid]
  return Array.from({ length: times }, (_, t) => [
    t === 0 ? segment.text_before_the_first_frame! : segment.text_before_each_frame_after_the_first!,
    { ...grid, times: 1 },
    segment.text_after_each_frame!,
  ]).flat()
}

describe.each(families)('%s', (family) => {
  test.each(goldenJson<RopeCase[]>(family, 'rope_index.json'))(
    'positions of $name',
    ({ segments, position_ids, rope_delta }) => {
      const rows: [number[], number[], number[]] = [[], [], []]
      let next = 0
      for (const piece of segments.flatMap((segment) => piecesOf(segment, family))) {
        if (typeof piece === 'number') {
          for (let i = 0; i < piece; i++) for (const row of rows) row.push(next + i)
          next += piece * positionSpan({ token: 0 })
          continue
        }
        const positions = mediaPositions(piece, next)
        const n = gridTokens(piece)
        rows.forEach((row, axis) => row.push(...positions.subarray(axis * n, (axis + 1) * n)))
        expect([...positions.subarray(3 * n)]).toEqual(new Array(n).fill(0))
        next += positionSpan({ media: 'any', grid: piece })
      }
      expect(rows).toEqual(position_ids)
      expect(next - rows[0].length).toBe(rope_delta)
    },
  )
})

describe('slices of a video in Qwen2.5-VL', () => {
  const gridOf = (fps: number, times: number): Grid => ({
    times,
    rows: 1,
    columns: 1,
    timeStep: (2 / fps) * TOKENS_PER_SECOND,
  })
  const timesOf = (grid: Grid) => [...mediaPositions(grid, 10).subarray(0, grid.times)].map((position) => position - 10)

  test.each([
    [2, [0, 2, 4, 6, 8], false],
    [4, [0, 1, 2, 3, 4], false],
    [5, [0, 0, 1, 2, 3], true],
    [8, [0, 0, 1, 1, 2], true],
    [24, [0, 0, 0, 0, 0, 0, 1], true],
  ])('at %d fps', (fps, expected, crowded) => {
    const grid = gridOf(fps, expected.length)
    expect(timesOf(grid)).toEqual(expected)
    expect(isCrowded(grid)).toBe(crowded)
    expect(expected.map((_, t) => sharesPosition(grid, t))).toEqual(expected.map((time, t) => time === expected[t - 1]))
    expect(positionSpan({ media: 'any', grid })).toBe(expected.at(-1)! + 1)
  })

  test('are where the float32 tensors of the reference put them', () => {
    const TIMES = 384
    for (let fps = 0.5; fps <= 120; fps += 0.5) {
      // time_tensor = arange(t) * second_per_grid_t * tokens_per_second, then .long()
      const secondPerGrid = Float32Array.of(2 / fps)
      const seconds = Float32Array.from({ length: TIMES }, (_, t) => t * secondPerGrid[0]!)
      const time = seconds.map((second) => second * TOKENS_PER_SECOND)
      expect(timesOf(gridOf(fps, TIMES))).toEqual(Array.from(time, Math.trunc))
    }
  })
})

test('units are the same when they put the same into the cache', () => {
  const grid: Grid = { times: 1, rows: 2, columns: 2, timeStep: 1 }
  const units: Unit[] = [{ token: 1 }, { token: 2 }, { media: 'a', grid }, { media: 'b', grid }]
  for (const a of units) for (const b of units) expect(commonPrefix([a], [{ ...b }])).toBe(a === b ? 1 : 0)
})

test('a common prefix ends at the first difference or with the shorter list', () => {
  const tokens = (...ids: number[]): Unit[] => ids.map((token) => ({ token }))
  expect(commonPrefix(tokens(1, 2, 3), tokens(1, 2, 4, 3))).toBe(2)
  expect(commonPrefix(tokens(1, 2), tokens(1, 2, 3))).toBe(2)
  expect(commonPrefix(tokens(2, 2), tokens(1, 2))).toBe(0)
  expect(commonPrefix([], tokens(1))).toBe(0)
})
