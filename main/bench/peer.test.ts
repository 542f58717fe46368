import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { forkWorker, resourcesPath } from '../nodePorts.ts'
import { engineStarter } from './measurement.ts'
import type { BenchEngine } from './measurement.ts'
import { startPeer } from './peer.ts'

const textPath = fileURLToPath(new URL('../../resources/demo-model/demo-text-f16.gguf', import.meta.url))

describe('node-llama-cpp beside the engine', () => {
  let engine: BenchEngine
  beforeAll(async () => {
    engine = await engineStarter({ spawnWorker: forkWorker, paths: { resources: resourcesPath } })()
  })
  afterAll(() => engine.close())

  it('computes the same tokens from the same prompt, so the speeds are of the same work', async () => {
    const { result } = await engine.answer({
      model: { textPath, projectorPath: null },
      messages: [{ role: 'user', content: [{ type: 'text', text: 'What is in the picture?' }] }],
      maxTokens: 12,
      contextTokens: 1024,
      sampling: { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: null },
      budget: { minPixels: 784, maxPixels: 784 },
      ignoreEos: true,
    })
    const peer = await startPeer({ textPath, contextTokens: 1024, threads: 1 })
    try {
      const first = await peer.run(result.promptIds, 12)
      const again = await peer.run(result.promptIds, 12)
      expect(first.tokens).toEqual(result.tokens)
      expect(again.tokens).toEqual(result.tokens)
      expect(first.prefillMs).toBeGreaterThan(0)
    } finally {
      await peer.close()
    }
  })

  it('says why when the model cannot be loaded', async () => {
    await expect(startPeer({ textPath: '/nowhere/model.gguf', contextTokens: 512, threads: 1 })).rejects.toMatchObject({
      code: 'EngineFailed',
    })
  })
})
