import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { ModelFamily } from '#contract'
import { afterAll, describe, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { publishedProjector, publishedText, referenceIds } from '../../testing/catalogueModel.ts'
import type { Published } from '../../testing/catalogueModel.ts'
import { families, goldenJson } from '../../testing/engineGoldens.ts'
import { answered, message, requestOf, sample, user } from '../../testing/engineRequests.ts'
import { readGguf, writeGguf } from '../../testing/ggufEdit.ts'
import { exchanged, surgery } from '../../testing/publishedModels.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'

/**
 * Every Qwen2-VL and Qwen2.5-VL model of the catalogue as its makers publish it: names, keys, chat template and vocabulary are the real ones, only
 * the weights are tiny. From the header to the first token, with the prompt that the reference tokenizer makes.
 */
const resources = resolve(import.meta.dirname, '../../../resources')
interface Entry {
  readonly id: string
  readonly name: string
  readonly family: ModelFamily
  readonly parameters: string
  readonly kind: 'instruct' | 'base' | 'thinking'
  readonly contextTokens: number
  readonly shape: { readonly text: { readonly vocabSize: number; readonly tiedEmbeddings: boolean } }
}
const { entries } = JSON.parse(readFileSync(join(resources, 'catalogue', 'catalogue.json'), 'utf8')) as {
  entries: Entry[]
}
const { chat_template: chatTemplate } = goldenJson<{ chat_template: string }>('common', 'templates.json')

const folder = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: join(folder.path, 'cache') })
afterAll(async () => {
  await engine.close()
  folder.remove()
})

const PICTURE = `<|vision_start|>${'<|image_pad|>'.repeat(16)}<|vision_end|>`
const DEFAULT = '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n'
const QUESTION = 'What is this? 这是什么？'

/** Families that go this way in `goldens.test` instead, with their published templates and a vocabulary cut down. */
const inGoldens: readonly ModelFamily[] = ['qwen3vl', 'qwen35']
const walked = entries.flatMap(({ family, ...entry }) =>
  family === 'qwen2vl' || family === 'qwen25vl' ? [{ ...entry, family }] : [],
)

test('what is not walked here is of a family that the goldens walk', () => {
  const others = entries.filter(({ id }) => !walked.some((one) => one.id === id))
  expect(others.filter(({ family }) => !inGoldens.includes(family))).toEqual([])
  expect(families.filter((set) => set.startsWith('qwen3')).map((set) => set.replace(/moe$/, ''))).toEqual(
    expect.arrayContaining([...inGoldens]),
  )
})

describe.each(walked)('$name', ({ id, name, family, parameters, kind, contextTokens, shape }) => {
  const published: Published = {
    family,
    name: name.replace('-VL', ' VL'),
    size: parameters,
    finetune: kind === 'instruct' ? 'Instruct' : null,
    contextTokens,
    vocabSize: shape.text.vocabSize,
    tiedEmbeddings: shape.text.tiedEmbeddings,
    chatTemplate,
  }
  const model = { textPath: join(folder.path, `${id}.gguf`), projectorPath: join(folder.path, `mmproj-${id}.gguf`) }

  test('runs from its header to its first token, with the prompt of the reference', async () => {
    writeFileSync(model.textPath, publishedText(published))
    writeFileSync(model.projectorPath, publishedProjector(published))
    expect(await engine.inspectFile(model.textPath)).toMatchObject({
      kind: 'text',
      family,
      problem: null,
      trainedContext: contextTokens,
    })
    expect(await engine.inspectFile(model.projectorPath)).toMatchObject({ kind: 'projector', family, problem: null })
    const ask = async (...messages: ReturnType<typeof user>[]) =>
      (await answered(engine, requestOf(messages, { model, contextTokens: 512, maxTokens: 1, ignoreEos: true }))).result
    const first = await ask(user(sample('red-circle'), QUESTION))
    expect(first.tokens).toHaveLength(1)
    expect(first.promptIds).toEqual(
      referenceIds(`${DEFAULT}<|im_start|>user\n${PICTURE}${QUESTION}<|im_end|>\n<|im_start|>assistant\n`),
    )
    const later = await ask(
      message('system', 'Be brief.'),
      user(sample('red-circle'), QUESTION),
      message('assistant', ' A circle.\n'),
      user('\n  Sure?'),
    )
    expect(later.promptIds).toEqual(
      referenceIds(
        `<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n${PICTURE}${QUESTION}<|im_end|>\n` +
          '<|im_start|>assistant\n A circle.\n<|im_end|>\n<|im_start|>user\n\n  Sure?<|im_end|>\n<|im_start|>assistant\n',
      ),
    )
    expect(engine.state).toMatchObject({ state: 'ready', note: null })
    await engine.unload()
    if (family === 'qwen2vl') {
      // of the base model and of 72B the only one that is published, of the others the most common
      writeFileSync(model.projectorPath, writeGguf(exchanged(surgery(readGguf(publishedProjector(published)), 0))))
      expect(await engine.inspectFile(model.projectorPath)).toMatchObject({ kind: 'projector', family, problem: null })
      const again = await ask(user(sample('red-circle'), QUESTION))
      expect([again.promptIds, again.tokens]).toEqual([first.promptIds, first.tokens])
      await engine.unload()
    }
    for (const path of [model.textPath, model.projectorPath]) rmSync(path)
  })
})
