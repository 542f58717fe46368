import { afterAll, describe, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { families, goldenCases, goldenRequest } from '../../testing/engineGoldens.ts'
import { answered } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'

const cache = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: cache.path })
afterAll(async () => {
  await engine.close()
  cache.remove()
})

describe.each(families)('%s as the reference computes it', (family) => {
  test.each(goldenCases(family))('$name', async (golden) => {
    const { input_ids, greedy, greedy_text } = golden
    const { text, result } = await answered(engine, await goldenRequest(family, golden))
    expect(result.promptIds).toEqual(input_ids)
    expect(result.finishReason).toBe('length')
    expect(result.usage.promptTokens).toBe(input_ids.length)
    expect(result.tokens).toEqual(greedy)
    expect(text).toBe(greedy_text)
  })
})
