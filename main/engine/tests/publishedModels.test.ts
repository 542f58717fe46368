import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { AppError } from '#contract'
import { forkWorker } from '../../nodePorts.ts'
import { goldenModel } from '../../testing/engineGoldens.ts'
import type { Family } from '../../testing/engineGoldens.ts'
import { answered, requestOf, samplePath, user } from '../../testing/engineRequests.ts'
import { string, withEntries, writeGguf } from '../../testing/ggufEdit.ts'
import type { EditedFile, Format } from '../../testing/ggufEdit.ts'
import {
  exchanged,
  fork,
  fused,
  goldenFile,
  halfVectors,
  omni,
  quantized,
  roundedVectors,
  surgery,
  unfinished,
} from '../../testing/publishedModels.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'
import type { ModelFiles } from '../index.ts'

/** Models in the forms in which others publish them answer as the reference's do, whose numbers they hold. */
const folder = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: folder.path })
afterAll(async () => {
  await engine.close()
  folder.remove()
})

let files = 0
function written(file: EditedFile): string {
  const path = join(folder.path, `model-${files++}.gguf`)
  writeFileSync(path, writeGguf(file))
  return path
}

const picture = {
  type: 'image',
  source: { path: samplePath('red-circle') },
  minPixels: 48 * 784,
  maxPixels: 48 * 784,
} as const
async function tokensOf(model: ModelFiles): Promise<readonly number[]> {
  const { result } = await answered(
    engine,
    requestOf([user(picture, 'Describe this image.')], { model, maxTokens: 12, contextTokens: 1024, ignoreEos: true }),
  )
  expect(result.usage.imageTokens).toBeGreaterThan(30)
  return result.tokens
}
const seenWith = (family: Family, projector: EditedFile) =>
  tokensOf({ ...goldenModel(family), projectorPath: written(projector) })
const base = { qwen2vl: goldenFile('qwen2vl', 'projector'), qwen25vl: goldenFile('qwen25vl', 'projector') }

describe("projectors of December 2024, the halves of the feed-forward under each other's names", () => {
  test('in f32 they answer as the reference', async () => {
    expect(await seenWith('qwen2vl', exchanged(surgery(base.qwen2vl, 0)))).toEqual(
      await tokensOf(goldenModel('qwen2vl')),
    )
  })

  // the number in general.file_type is that of the tensor type
  test.each<[Format, number]>([
    ['F16', 1],
    ['Q8_0', 8],
    ['Q5_1', 7],
    ['Q4_0', 2],
    ['BF16', 30],
  ])('in %s as those of the same type that are named rightly', async (format, fileType) => {
    const named = quantized(base.qwen2vl, format)
    expect(await seenWith('qwen2vl', exchanged(surgery(named, fileType)))).toEqual(await seenWith('qwen2vl', named))
  })

  test('made by the same tool but named rightly they are not turned round', async () => {
    expect(await seenWith('qwen2vl', surgery(base.qwen2vl, 0))).toEqual(await tokensOf(goldenModel('qwen2vl')))
  })

  test('the label is that of the tensors, not of the number that elsewhere names a mixture', async () => {
    const path = written(exchanged(surgery(quantized(base.qwen2vl, 'Q5_1'), 7)))
    expect(await engine.inspectFile(path)).toMatchObject({
      quantization: 'Q5_1',
      family: 'qwen2vl',
      converter: expect.stringMatching(/^qwen2_vl_surgery\.py, December 2024/) as string,
    })
  })
})

describe('projectors of Qwen2.5-VL', () => {
  test('of the fork of spring 2025 are known by their norms, and the list of blocks is followed', async () => {
    const own = await tokensOf(goldenModel('qwen25vl'))
    expect(await seenWith('qwen25vl', fork(base.qwen25vl, [1, 3]))).toEqual(own)
    const all = await seenWith('qwen25vl', fork(base.qwen25vl, [0, 1, 2, 3]))
    const pattern = {
      ...base.qwen25vl,
      metadata: new Map(base.qwen25vl.metadata).set('clip.vision.n_wa_pattern', { kind: 'u32', value: 0 }),
    }
    expect(all).toEqual(await seenWith('qwen25vl', pattern))
    expect(await seenWith('qwen25vl', fork(base.qwen25vl, [0, 3]))).not.toEqual(own)
  })

  test('of an unfinished conversion are refused as that, not as damaged', async () => {
    const model = { ...goldenModel('qwen25vl'), projectorPath: written(unfinished(base.qwen25vl)) }
    await expect(engine.inspect(model)).rejects.toMatchObject({
      code: 'UnsupportedModel',
      message: expect.stringMatching(/unfinished conversion.*Choose another/) as string,
    })
  })

  test('of Qwen2.5-Omni run with their vision part, the sound part is left alone', async () => {
    expect(await seenWith('qwen25vl', omni(base.qwen25vl))).toEqual(await tokensOf(goldenModel('qwen25vl')))
  })

  test('that do not say which blocks look at the whole picture are refused', async () => {
    const silent = {
      ...base.qwen25vl,
      metadata: new Map([...base.qwen25vl.metadata].filter(([key]) => !key.endsWith('n_wa_pattern'))),
    }
    await expect(engine.inspect({ ...goldenModel('qwen25vl'), projectorPath: written(silent) })).rejects.toMatchObject({
      code: 'UnsupportedModel',
    })
  })
})

describe('projectors of either family', () => {
  test.each(['qwen2vl', 'qwen25vl'] as const)('%s: queries, keys and values in one tensor', async (family) => {
    expect(await seenWith(family, fused(base[family]))).toEqual(await tokensOf(goldenModel(family)))
  })

  test.each<['F16' | 'BF16']>([['F16'], ['BF16']])('biases and norms in %s', async (format) => {
    expect(await seenWith('qwen2vl', halfVectors(base.qwen2vl, format))).toEqual(
      await seenWith('qwen2vl', roundedVectors(base.qwen2vl, format)),
    )
  })

  test('of the other family are refused although their width is the same', async () => {
    const pair = { textPath: goldenModel('qwen2vl').textPath, projectorPath: goldenModel('qwen25vl').projectorPath }
    await expect(engine.inspect(pair)).rejects.toMatchObject({
      code: 'ProjectorMismatch',
      message: expect.stringMatching(/projector of Qwen2\.5-VL, .* is a Qwen2-VL model/) as string,
    })
  })
})

describe('language models that split texts as Qwen2 does and do not say "qwen2"', () => {
  const text = goldenFile('qwen2vl', 'text')
  const question = "don't stop!!  \"(1234)\" ... \n\n\n x=>y ~~ ok's I'll  HE'S été"
  const ask = async (textPath: string) =>
    (
      await answered(
        engine,
        requestOf([user(question)], { model: { textPath, projectorPath: null }, maxTokens: 8, ignoreEos: true }),
      )
    ).result

  test.each([['deepseek-r1-qwen'], ['default'], [undefined]])('tokenizer.ggml.pre %s', async (pre) => {
    const path = written(withEntries(text, { 'tokenizer.ggml.pre': pre === undefined ? undefined : string(pre) }))
    const [own, reference] = [await ask(path), await ask(goldenModel('qwen2vl').textPath)]
    expect(own.promptIds).toEqual(reference.promptIds)
    expect(own.tokens).toEqual(reference.tokens)
  })

  test('another way of splitting is refused', async () => {
    const path = written(withEntries(text, { 'tokenizer.ggml.pre': string('llama-bpe') }))
    await expect(engine.inspect({ textPath: path, projectorPath: null })).rejects.toBeInstanceOf(AppError)
  })
})
