import { afterAll, describe, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { families, goldenJson, goldenModel, toChatMessages } from '../../testing/engineGoldens.ts'
import type { GoldenCase } from '../../testing/engineGoldens.ts'
import { answered, requestOf } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from './index.ts'

/** The reference of the goldens drops alpha; the engine blends it over white, so only the ids can be compared. */
const DROPS_ALPHA = 'image1_rgba'

const cache = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: cache.path })
afterAll(async () => {
  await engine.close()
  cache.remove()
})

describe.each(families)('%s as the reference computes it', (family) => {
  const cases = goldenJson<GoldenCase[]>(family, 'cases.json')

  test.each(cases)('$name', async ({ name, messages, kwargs, input_ids, greedy, greedy_text }) => {
    const request = requestOf(toChatMessages(messages), {
      model: goldenModel(family),
      budget: { minPixels: 4 * 784, maxPixels: 16384 * 784 },
      contextTokens: 1024,
      maxTokens: greedy.length,
      visionId: kwargs.add_vision_id ?? false,
      ignoreEos: true,
    })
    const { text, result } = await answered(engine, request)
    expect(result.promptIds).toEqual(input_ids)
    expect(result.finishReason).toBe('length')
    expect(result.usage.promptTokens).toBe(input_ids.length)
    if (name === DROPS_ALPHA) return
    expect(result.tokens).toEqual(greedy)
    expect(text).toBe(greedy_text)
  })
})
