import { afterAll, describe, expect, test } from 'vitest'
import type { Seen } from '#contract'
import { visionOf } from '../../lib/families/families.ts'
import { gridOf, mediaPositions } from '../../lib/families/grid.ts'
import { forkWorker } from '../../nodePorts.ts'
import { goldenCases, goldenRequest, goldenSets, modelOf, padsOf } from '../../testing/engineGoldens.ts'
import type { GoldenCase } from '../../testing/engineGoldens.ts'
import { answered } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'

const cache = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: cache.path })
afterAll(async () => {
  await engine.close()
  cache.remove()
})

describe.each(goldenSets)('%s as the reference computes it', (set) => {
  test.each(goldenCases(set))('$name', async (golden) => {
    const { input_ids, greedy, greedy_text } = golden
    const model = modelOf(set, golden, cache.path)
    let seen: Seen | null = null
    const { text, result } = await answered(engine, { ...(await goldenRequest(set, golden)), model }, {}, (event) => {
      if (event.type === 'seen') seen = event.seen
    })
    expect(result.promptIds).toEqual(input_ids)
    expect(result.finishReason).toBe('length')
    expect(result.usage.promptTokens).toBe(input_ids.length)
    expect(result.tokens).toEqual(greedy)
    expect(text).toBe(greedy_text)
    expect(placesOf(seen!)).toEqual(placesIn(golden, padsOf(set)))
  })
})

/** Grids in patches and positions of tokens of pictures and videos, as what an answer keeps tells them. */
function placesOf({ family, media }: Seen) {
  const grids = media.map(({ frames, timeStep = 1, starts = [], ...size }) => {
    const grid = gridOf(size, frames, timeStep, visionOf(family))
    const own = starts.length > 1 ? starts.map((start) => mediaPositions({ ...grid, times: 1 }, start)) : []
    return { grid, positions: own.length > 0 ? own : [mediaPositions(grid, starts[0]!)] }
  })
  const of = (kind: number) =>
    grids.flatMap(({ positions }) =>
      positions.flatMap((all) => [...all.subarray((kind * all.length) / 4, ((kind + 1) * all.length) / 4)]),
    )
  return {
    grids: grids.map(({ grid: { times, rows, columns } }) => [times, rows * 2, columns * 2].join()).sort(),
    positions: [of(0), of(1), of(2)],
  }
}

/** The same as the reference has them. */
function placesIn({ input_ids, image_grid_thw, video_grid_thw, position_ids }: GoldenCase, pads: readonly number[]) {
  return {
    grids: [...image_grid_thw, ...video_grid_thw].map((grid) => grid.join()).sort(),
    positions: position_ids.map((kind) => kind.filter((_, i) => pads.includes(input_ids[i]!))),
  }
}
