import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { layOut } from '../../bench/synthetic/ggufWriter.ts'
import { qwen2vl2b, textModel } from '../../bench/synthetic/modelFiles.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { inspectModel } from '../gguf/inspectModel.ts'
import { sizedModel } from './estimateFit.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

test('weights estimated from the shape and the size of the file are those of its header', async () => {
  const textPath = join(folder.path, 'text.gguf')
  const { header, bytes } = layOut(textModel(qwen2vl2b))
  writeFileSync(textPath, header)
  truncateSync(textPath, bytes)
  const { text } = await inspectModel({ textPath, projectorPath: null })
  const { blocks, embeddingLength, feedForwardLength, heads, kvHeads, headDim, vocabSize } = text
  const shape = {
    text: { blocks, embeddingLength, feedForwardLength, heads, kvHeads, headDim, vocabSize, tiedEmbeddings: true },
    projector: null,
  }
  const estimated = sizedModel(shape, {
    name: 'Synthetic',
    textBytes: bytes,
    projectorBytes: null,
    trainedContext: 32_768,
  }).text.weights
  expect(estimated.embeddings / text.weights.embeddings).toBeCloseTo(1, 1)
  expect(estimated.output).toBe(0)
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
  expect(sum(estimated.blocks) / sum(text.weights.blocks)).toBeCloseTo(1, 1)
})
