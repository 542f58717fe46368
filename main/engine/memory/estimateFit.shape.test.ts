import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { layOut } from '../../bench/synthetic/ggufWriter.ts'
import { qwen2vl2b, textModel } from '../../bench/synthetic/modelFiles.ts'
import { goldenModel } from '../../testing/engineGoldens.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { inspectModel } from '../gguf/inspectModel.ts'
import { sizedModel } from './estimateFit.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

const synthetic = (): string => {
  const textPath = join(folder.path, 'text.gguf')
  const { header, bytes } = layOut(textModel(qwen2vl2b))
  writeFileSync(textPath, header)
  truncateSync(textPath, bytes)
  return textPath
}

test.each([
  ['Qwen2-VL', synthetic],
  ['heads that are together wider than the model', () => goldenModel('qwen3vl').textPath],
  ['a mixture of experts', () => goldenModel('qwen3vlmoe').textPath],
  ['a hybrid model', () => goldenModel('qwen35').textPath],
  ['a hybrid mixture of experts', () => goldenModel('qwen35moe').textPath],
])('weights estimated from the shape and the size of the file are those of its header: %s', async (_, pathOf) => {
  const { text } = await inspectModel({ textPath: pathOf(), projectorPath: null })
  const shape = { text: { ...text, tiedEmbeddings: text.weights.output === 0 }, projector: null }
  const file = { name: text.name, textBytes: text.bytes, projectorBytes: null, trainedContext: text.trainedContext }
  const estimated = sizedModel(shape, file).text
  expect(estimated.isF32).toBe(text.isF32)
  expect(estimated.weights.embeddings / text.weights.embeddings).toBeCloseTo(1, 1)
  expect(estimated.weights.output > 0).toBe(text.weights.output > 0)
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
  expect(sum(estimated.weights.blocks) / sum(text.weights.blocks)).toBeCloseTo(1, 1)
})
