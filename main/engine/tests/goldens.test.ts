import { afterAll, describe, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { goldenCases, goldenRequest, goldenSets, modelOf } from '../../testing/engineGoldens.ts'
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
    const { text, result } = await answered(engine, { ...(await goldenRequest(set, golden)), model })
    expect(result.promptIds).toEqual(input_ids)
    expect(result.finishReason).toBe('length')
    expect(result.usage.promptTokens).toBe(input_ids.length)
    expect(result.tokens).toEqual(greedy)
    expect(text).toBe(greedy_text)
  })
})
