import { describe, expect, test } from 'vitest'
import { noOverrides, type LibraryModel } from '#contract'
import { changesText, contextSizes, factsOf, listed, troubleOf } from './listing.ts'

const defaults = {
  budget: { minPixels: 784, maxPixels: 784 },
  contextTokens: 8192,
  maxTokens: 512,
  sampling: { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: null },
}
const now = new Date(2025, 5, 15, 12).getTime()
const DAY = 86_400_000

function model(name: string, changes: Partial<LibraryModel> = {}, bytes = 1e9): LibraryModel {
  return {
    model: { id: name, name, notice: null, isDemo: false, textPath: '/m.gguf', projectorPath: null, bytes, defaults },
    files: [
      {
        path: '/m.gguf',
        role: 'text',
        bytes,
        sha256: null,
        digest: 'unknown',
        exists: true,
        awayDrive: null,
        scale: null,
      },
    ],
    ...{
      quantization: 'Q4_K_M',
      projectorQuantization: null,
      family: 'qwen2vl',
      trainedContext: 32768,
      origin: 'Hugging Face · a/b',
    },
    ...{ isOwned: true, isCurrent: false, addedAt: now, lastUsedAt: null, overrides: noOverrides },
    ...changes,
  }
}

test('a model in one line', () => {
  expect(factsOf(model('A'), now)).toBe('Q4_K_M · 1 GB · not used yet · Hugging Face')
  expect(factsOf(model('A', { lastUsedAt: now - DAY, quantization: null, origin: 'LM Studio' }, 2.34e9), now)).toBe(
    '2.3 GB · used yesterday · LM Studio',
  )
})

test('missing files are worse than changed ones', () => {
  const [file] = model('A').files
  expect(troubleOf(model('A'))).toBeNull()
  expect(troubleOf(model('A', { files: [{ ...file!, digest: 'changed' }] }))).toBe('Files changed')
  expect(troubleOf(model('A', { files: [{ ...file!, digest: 'changed', exists: false }] }))).toBe('Files missing')
})

test('files on a drive that is not connected are not missing', () => {
  const [file] = model('A').files
  expect(troubleOf(model('A', { files: [{ ...file!, exists: false, awayDrive: '/Volumes/Big' }] }))).toBe('Drive away')
})

describe('the list', () => {
  const models = [
    model('Qwen2-VL 7B', { lastUsedAt: now - DAY }, 5e9),
    model('Qwen2-VL 72B', {}, 4e10),
    model('Invoices', { origin: 'LM Studio', lastUsedAt: now }, 2e9),
  ]
  const names = (shown: readonly LibraryModel[]): string[] => shown.map((one) => one.model.name)

  test('holds what has every word of the search in its name, quantization or origin', () => {
    expect(names(listed(models, ' lm  STUDIO ', null))).toEqual(['Invoices'])
    expect(names(listed(models, 'q4_k 7b', null))).toEqual(['Qwen2-VL 7B'])
    expect(names(listed(models, '', null))).toHaveLength(3)
    expect(listed(models, 'llama', null)).toEqual([])
  })

  test('is ordered by use, by name with numbers as numbers, or by size', () => {
    expect(names(listed(models, '', 'used'))).toEqual(['Invoices', 'Qwen2-VL 7B', 'Qwen2-VL 72B'])
    expect(names(listed(models, '', 'name'))).toEqual(['Invoices', 'Qwen2-VL 7B', 'Qwen2-VL 72B'])
    expect(names(listed(models, '', 'size'))).toEqual(['Qwen2-VL 72B', 'Qwen2-VL 7B', 'Invoices'])
  })
})

test('changes of defaults are counted', () => {
  expect(changesText(noOverrides)).toBeNull()
  expect(changesText({ ...noOverrides, maxTokens: 5 })).toBe('1 change')
  expect(changesText({ ...noOverrides, rawPrompt: true })).toBe('1 change')
  expect(
    changesText({ ...noOverrides, maxTokens: 5, placement: { contextTokens: 4096, gpuLayers: 0, kvType: null } }),
  ).toBe('3 changes')
})

test('contexts go up to what the model was trained for, with the chosen one among them', () => {
  expect(contextSizes(4096, 4096)).toEqual([1024, 2048, 4096])
  expect(contextSizes(6000, 3000)).toEqual([1024, 2048, 3000, 4096, 6000])
  expect(contextSizes(128_000, 8192).at(-1)).toBe(128_000)
  expect(contextSizes(200, 256)).toEqual([256])
})
