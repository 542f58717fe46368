import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { goldenModel } from '../../testing/engineGoldens.ts'
import { demoModel } from '../../testing/engineRequests.ts'
import { ggufFile, loraFile } from '../../testing/ggufWriter.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { inspectFile } from './inspectFile.ts'

let folder: ReturnType<typeof tempFolder>
beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => folder.remove())
async function written(name: string, content: Buffer | string): Promise<string> {
  const path = join(folder.path, name)
  await writeFile(path, content)
  return path
}

describe('a file that can be used', () => {
  test('is a language model with its width', async () => {
    expect(await inspectFile(demoModel.textPath)).toEqual({
      kind: 'text',
      name: 'TinySight demo',
      family: null,
      familyFrom: null,
      converter: null,
      width: 192,
      quantization: 'F16',
      trainedContext: 4096,
      bytes: 3_838_208,
      paths: [demoModel.textPath],
      oneFile: null,
      problem: null,
    })
  })

  test.each(['qwen2vl', 'qwen25vl'] as const)('is a projector of %s with the width it gives', async (family) => {
    expect(await inspectFile(goldenModel(family).projectorPath!)).toMatchObject({
      kind: 'projector',
      family,
      width: 128,
      quantization: 'F32',
      problem: null,
    })
  })

  test('is an adapter, whatever model it is for', async () => {
    expect(
      await inspectFile(await written('lora.gguf', loraFile({ weights: { 'blk.0.attn_q.weight': [128, 128] } }))),
    ).toMatchObject({
      kind: 'adapter',
      name: 'Test adapter',
      problem: null,
    })
  })

  test.each([
    ['Qwen2.5-VL-7B-Instruct-Q4_K_M.gguf', 'qwen25vl'],
    ['qwen2-vl-2b-instruct.gguf', 'qwen2vl'],
    ['my model.gguf', null],
  ])('is told apart by its name where the header says nothing: %s', async (name, family) => {
    const path = join(folder.path, name)
    await copyFile(demoModel.textPath, path)
    expect((await inspectFile(path)).family).toBe(family)
  })
})

describe('a file that cannot be used has its problem, and never throws', () => {
  test('a language model of another kind is known as one', async () => {
    const other = ggufFile(
      {
        'general.architecture': 'llama',
        'general.name': 'Llama 3',
        'llama.block_count': { u32: 1 },
        'tokenizer.ggml.model': 'gpt2',
      },
      [{ name: 'token_embd.weight', dims: [1], data: new Float32Array(1) }],
    )
    expect(await inspectFile(await written('llama.gguf', other))).toMatchObject({
      kind: 'text',
      name: 'Llama 3',
      problem: expect.stringMatching(/model of the kind "llama"/) as string,
    })
  })

  test('a model in the form of Ollama without a vision part is told from other kinds', async () => {
    const ollama = ggufFile(
      { 'general.architecture': 'qwen25vl', 'qwen25vl.block_count': { u32: 1 }, 'tokenizer.ggml.model': 'gpt2' },
      [{ name: 'token_embd.weight', dims: [1], data: new Float32Array(1) }],
    )
    expect(await inspectFile(await written('sha256-1', ollama))).toMatchObject({
      kind: 'combined',
      problem: expect.stringMatching(/holds no vision part/) as string,
    })
  })

  test('a projector of another kind is known as one', async () => {
    const other = ggufFile({ 'general.architecture': 'clip' }, [{ name: 'x', dims: [1], data: new Float32Array(1) }])
    expect(await inspectFile(await written('mmproj.gguf', other))).toMatchObject({
      kind: 'projector',
      width: null,
      problem: expect.stringMatching(/no vision part/) as string,
    })
  })

  test('text, a folder and nothing at all', async () => {
    expect(await inspectFile(await written('notes.gguf', 'bread, milk'))).toMatchObject({
      kind: 'other',
      bytes: 11,
      problem: expect.stringMatching(/not a model in the GGUF format/) as string,
    })
    expect(await inspectFile(await written('a.bin', 'ggjt'))).toMatchObject({
      problem: 'a.bin is not a model in the GGUF format. Choose a model file that ends in .gguf.',
    })
    expect(await inspectFile(folder.path)).toMatchObject({
      kind: 'other',
      bytes: 0,
      problem: expect.stringMatching(/is a folder/) as string,
    })
    expect(await inspectFile(join(folder.path, 'gone.gguf'))).toMatchObject({
      kind: 'other',
      bytes: 0,
      problem: expect.stringMatching(/was not found/) as string,
    })
  })

  test.each([
    [
      'a pointer of Git LFS',
      `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 4683074048\n`,
      /but a pointer to one.*git lfs pull/,
    ],
    [
      'a web page',
      '<!doctype html><title>Sign in</title>',
      /but a web page that was saved under its name\. Download the model again/,
    ],
    ['anything else', 'bread, milk', /although it is named so\. Choose another file/],
    ['something of three bytes', 'GGU', /although it is named so/],
  ])('%s under the name of a model is called what it is', async (_, content, words) => {
    expect(await inspectFile(await written('model.gguf', content))).toMatchObject({
      kind: 'other',
      problem: expect.stringMatching(words) as string,
    })
  })

  test('an aborted look ends with its reason', async () => {
    await expect(inspectFile(demoModel.textPath, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
  })
})
