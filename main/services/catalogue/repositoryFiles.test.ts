import { describe, expect, test } from 'vitest'
import type { RemoteFile } from '#contract'
import { sortRepository } from './repositoryFiles.ts'
import type { BrowsedRepository } from './types.ts'

const file = (path: string, bytes = 1000): RemoteFile => ({
  path,
  bytes,
  url: `https://host.test/${path}`,
  sha256: null,
})
const sorted = (files: readonly RemoteFile[], wanted: Partial<BrowsedRepository['wanted']> = {}) =>
  sortRepository({
    ...{
      id: 'huggingface:o/Model-GGUF',
      source: 'huggingface',
      repository: 'o/Model-GGUF',
      askedFor: null,
      revision: 'a'.repeat(40),
    },
    ...{ files, wanted: { path: null, quantization: null, ...wanted } },
  })

const usual = [
  file('.gitattributes', 10),
  file('README.md', 20),
  file('Model-Q8_0.gguf', 8000),
  file('Model-Q4_K_M.gguf', 4000),
  file('Model-Q2_K.gguf', 2000),
  file('BF16/Model-BF16-00002-of-00002.gguf', 7000),
  file('BF16/Model-BF16-00001-of-00002.gguf', 9000),
  file('mmproj-F32.gguf', 600),
  file('mmproj-F16.gguf', 300),
  file('Model-imatrix.gguf', 5),
  file('Model-ocr-lora-f16.gguf', 50),
  file('Q6_K/Model-Q6_K-00001-of-00003.gguf', 2000),
  file('Model-Q5_0.gguf.part1of2', 3000),
  file('config.json', 30),
]

describe('the files of a repository', () => {
  test('are told apart by their names: models with their parts, projectors, adapters, the rest', () => {
    const { texts, projectors, others } = sorted(usual)
    expect(texts.map(({ label, bytes, files }) => [label, bytes, files.length])).toEqual([
      ['Q2_K', 2000, 1],
      ['Q4_K_M', 4000, 1],
      ['Q8_0', 8000, 1],
      ['BF16', 16_000, 2],
    ])
    expect(texts[3]?.path).toBe('BF16/Model-BF16-00001-of-00002.gguf')
    expect(projectors.map(({ path, quantization }) => [path, quantization])).toEqual([
      ['mmproj-F16.gguf', 'F16'],
      ['mmproj-F32.gguf', 'F32'],
    ])
    expect(Object.fromEntries(others.map(({ path, role }) => [path, role]))).toEqual({
      '.gitattributes': 'other',
      'README.md': 'other',
      'config.json': 'other',
      'Model-imatrix.gguf': 'other',
      'Model-ocr-lora-f16.gguf': 'adapter',
      'Q6_K/Model-Q6_K-00001-of-00003.gguf': 'part',
      'Model-Q5_0.gguf.part1of2': 'part',
    })
  })

  test('begin with the usual pair, or with what was asked for', () => {
    expect(sorted(usual)).toMatchObject({ text: 'Model-Q4_K_M.gguf', projector: 'mmproj-F16.gguf' })
    expect(sorted(usual, { quantization: 'Q8_0' })).toMatchObject({ text: 'Model-Q8_0.gguf' })
    expect(sorted(usual, { quantization: 'Q3_K_S' })).toMatchObject({ text: 'Model-Q4_K_M.gguf' })
    expect(sorted(usual, { path: 'BF16/Model-BF16-00002-of-00002.gguf' })).toMatchObject({
      text: 'BF16/Model-BF16-00001-of-00002.gguf',
    })
    expect(sorted(usual, { path: 'mmproj-F32.gguf' })).toMatchObject({
      text: 'Model-Q4_K_M.gguf',
      projector: 'mmproj-F32.gguf',
    })
    expect(sorted([file('Model-IQ4_XS.gguf'), file('Model-UD-Q4_K_XL.gguf', 2000)])).toMatchObject({
      text: 'Model-UD-Q4_K_XL.gguf',
      projector: null,
    })
    expect(sorted([file('mmproj-F16.gguf')])).toMatchObject({ texts: [], text: null, projector: 'mmproj-F16.gguf' })
  })

  test('are called by their names where the quantization does not tell them apart', () => {
    expect(
      sorted([file('a-3B-Q4_0.gguf', 1), file('b-7B-Q4_0.gguf', 2), file('model.gguf', 3)]).texts.map(
        ({ label }) => label,
      ),
    ).toEqual(['a-3B-Q4_0', 'b-7B-Q4_0', 'model'])
  })

  test('of which there are hundreds are all there', () => {
    const many = Array.from({ length: 400 }, (_, i) => file(`folder ${i % 20}/deep/m${i}-Q4_0.gguf`, i + 1))
    const { texts } = sorted(many)
    expect(texts).toHaveLength(400)
    expect(new Set(texts.map(({ path }) => path)).size).toBe(400)
  })
})

test.each([
  [
    'original weights',
    ['model-00001-of-00005.safetensors', 'config.json'],
    /original weights.*often called Model-GGUF-GGUF/,
  ],
  ['original weights of another kind', ['pytorch_model.bin'], /original weights/],
  [
    'a model cut into pieces',
    ['m-Q8_0.gguf.part1of2', 'm-Q8_0.gguf.part2of2'],
    /cut into pieces, which have to be joined/,
  ],
  ['an adapter alone', ['m-lora-f16.gguf'], /only what is added to one/],
  ['nothing of use', ['README.md'], /no file in the GGUF format/],
  ['nothing at all', [], /no file in the GGUF format/],
])('a repository with %s says what to look for', (_, paths, words) => {
  expect(() => sorted(paths.map((path) => file(path)))).toThrow(
    expect.objectContaining({ code: 'UnsupportedModel', message: expect.stringMatching(words) as string }),
  )
})
