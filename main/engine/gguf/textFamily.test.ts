import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { list, string, u32, withEntries, writeGguf } from '../../testing/ggufEdit.ts'
import type { EditedFile, Entry } from '../../testing/ggufEdit.ts'
import { fineTune, fullVocabulary, goldenFile } from '../../testing/publishedModels.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { inspectFile } from './inspectFile.ts'

const text = goldenFile('qwen2vl', 'text')
const folder = tempFolder()
let older: EditedFile
let newer: EditedFile
beforeAll(() => {
  older = fullVocabulary(text, false)
  newer = fullVocabulary(text, true)
})
afterAll(() => folder.remove())

async function familyOf(file: EditedFile, name = 'model.gguf'): Promise<readonly [string | null, string | null]> {
  const path = join(folder.path, name)
  writeFileSync(path, writeGguf(file))
  const { family, familyFrom, problem } = await inspectFile(path)
  expect(problem).toBeNull()
  return [family, familyFrom]
}

/** A fine-tune whose trained context is that of neither family. */
const silent = (changes: Readonly<Record<string, Entry>> = {}) =>
  fineTune(text, 'Docs 7B', { 'qwen2vl.context_length': u32(40_000), ...changes })

describe('the family of a fine-tune that does not name it', () => {
  test.each([
    [32_768, 'qwen2vl'],
    [128_000, 'qwen25vl'],
    [131_072, null],
  ])('trained for %i tokens', async (length, family) => {
    expect((await familyOf(fineTune(text, 'UI TARS 7B', { 'qwen2vl.context_length': u32(length) })))[0]).toBe(family)
  })

  test.each([
    ['general.base_model.0.name', 'Qwen2.5 VL 7B Instruct', 'qwen25vl'],
    ['general.base_model.0.repo_url', 'https://huggingface.co/Qwen/Qwen2-VL-7B', 'qwen2vl'],
    ['general.base_model.1.repo_url', 'https://huggingface.co/unsloth/Qwen2.5-VL-3B-Instruct', 'qwen25vl'],
    ['general.basename', 'Qwen2.5-Vl-7B-Instruct', 'qwen25vl'],
    ['general.name', 'QVQ 72B Preview', 'qwen2vl'],
  ])('%s says %s', async (key, value, family) => {
    const [found, from] = await familyOf(silent({ [key]: string(value) }))
    expect(found).toBe(family)
    expect(from).toContain(`"${value}"`)
  })

  test('tags tell it where names do not', async () => {
    expect(await familyOf(silent({ 'general.tags': list('string', ['unsloth', 'qwen2_5_vl', 'trl']) }))).toEqual([
      'qwen25vl',
      'its tag "qwen2_5_vl"',
    ])
  })

  test('a vocabulary of full size tells it by the tokens that came with Qwen2.5, against a context that was changed', async () => {
    const changed = { 'qwen2vl.context_length': u32(32_768) }
    expect((await familyOf(fineTune(newer, 'Docs 7B', changed)))[0]).toBe('qwen25vl')
    expect((await familyOf(fineTune(older, 'Docs 7B', { 'qwen2vl.context_length': u32(128_000) })))[0]).toBe('qwen2vl')
  })

  test('the name of the file counts where it contradicts nothing', async () => {
    expect((await familyOf(silent(), 'docs-qwen2.5-vl-7b.gguf'))[0]).toBe('qwen25vl')
    const trained = silent({ 'qwen2vl.context_length': u32(32_768) })
    expect((await familyOf(trained, 'docs-qwen2.5-vl-7b.gguf'))[0]).toBeNull()
  })

  test('two models that it was merged of, one of each family, tell nothing', async () => {
    const merged = silent({
      'general.base_model.0.name': string('Qwen2 VL 7B'),
      'general.base_model.1.name': string('Qwen2.5 VL 7B'),
    })
    expect(await familyOf(merged)).toEqual([null, null])
  })

  test('nothing tells it: it is not known', async () => {
    expect(await familyOf(silent())).toEqual([null, null])
  })

  test("Qwen2.5-Omni's language model is named as such", async () => {
    const tokens = (text.metadata.get('tokenizer.ggml.tokens')!.value as string[]).map((token) =>
      token.replace('<|vision_start|>', '<|vision_bos|>'),
    )
    const path = join(folder.path, 'o.gguf')
    writeFileSync(path, writeGguf(withEntries(silent(), { 'tokenizer.ggml.tokens': list('string', tokens) })))
    expect(await inspectFile(path)).toMatchObject({
      family: 'qwen25omni',
      problem: expect.stringMatching(/Qwen2\.5-Omni, which is not supported yet/) as string,
    })
  })
})
