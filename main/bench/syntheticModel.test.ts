import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inspectModel } from '../engine/gguf/inspectModel.ts'
import { picture } from '../lib/workload.ts'
import { forkWorker, resourcesPath } from '../nodePorts.ts'
import { tempFolder } from '../testing/tempFolder.ts'
import { engineStarter } from './measurement.ts'
import { layOut } from './synthetic/ggufWriter.ts'
import { projector, qwen2vl2b, textModel } from './synthetic/modelFiles.ts'
import type { ModelShape } from './synthetic/modelFiles.ts'
import { syntheticModel } from './syntheticModel.ts'

const small: ModelShape = {
  id: 'small',
  name: 'Synthetic small',
  text: {
    blocks: 2,
    width: 256,
    heads: 4,
    kvHeads: 2,
    feedForward: 512,
    ropeSections: [8, 12, 12, 0],
    contextTokens: 2048,
    normalTokens: 700,
    vocabularySize: 768,
  },
  vision: { blocks: 2, width: 64, heads: 4, feedForward: 128 },
}

describe('the synthetic model', () => {
  const folder = tempFolder()
  let written: string[] = []
  beforeAll(async () => {
    await syntheticModel(folder.path, small, (file) => written.push(file))
  })
  afterAll(() => folder.remove())

  it('passes the checks that every model must pass', async () => {
    const model = await inspectModel(await syntheticModel(folder.path, small))
    expect(model.text).toMatchObject({
      blocks: 2,
      heads: 4,
      kvHeads: 2,
      vocabSize: 768,
      trainedContext: 2048,
      quantization: 'Q4_K_S',
    })
    expect(model.projector).toMatchObject({
      family: 'qwen2vl',
      blocks: 2,
      embeddingLength: 64,
      ffnLength: 128,
      outputLength: 256,
    })
  })

  it('is written once and kept, and written again when a file was cut off', async () => {
    expect(written).toHaveLength(2)
    written = []
    const { textPath } = await syntheticModel(folder.path, small, (file) => written.push(file))
    expect(written).toEqual([])
    const before = readFileSync(textPath)
    truncateSync(textPath, statSync(textPath).size - 1)
    await syntheticModel(folder.path, small, (file) => written.push(file))
    expect(written).toEqual([textPath])
    expect(readFileSync(textPath).equals(before)).toBe(true)
  })

  it('loads, looks at a picture and answers', async () => {
    const model = await syntheticModel(folder.path, small)
    const bench = await engineStarter({ spawnWorker: forkWorker, paths: { resources: resourcesPath } })()
    try {
      const ask = async (number: number) =>
        (
          await bench.answer({
            model,
            messages: [
              {
                role: 'user',
                content: [
                  { type: 'image', source: { bytes: picture(number, 112), name: 'a picture' } },
                  { type: 'text', text: 'What is in the picture?' },
                ],
              },
            ],
            maxTokens: 16,
            contextTokens: 512,
            sampling: { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: null },
            budget: { minPixels: 784, maxPixels: 784 * 16 },
            ignoreEos: true,
          })
        ).result
      const first = await ask(0)
      expect(first.usage).toMatchObject({ imageTokens: 16, completionTokens: 16 })
      // weights that decode to NaN or to zeros would say the same thing of every picture
      expect(new Set(first.tokens).size).toBeGreaterThan(1)
      expect((await ask(1)).tokens).not.toEqual(first.tokens)
    } finally {
      await bench.close()
    }
  })

  it('says what is missing when it cannot be written', async () => {
    const file = `${folder.path}/a-file`
    writeFileSync(file, '')
    await expect(syntheticModel(file, small)).rejects.toMatchObject({ code: 'StorageFailed' })
  })

  it('has the size of a real Qwen2-VL-2B', () => {
    expect(layOut(textModel(qwen2vl2b)).bytes / 1e9).toBeCloseTo(0.93, 1)
    expect(layOut(projector(qwen2vl2b)).bytes / 1e9).toBeCloseTo(1.33, 1)
  })
})
