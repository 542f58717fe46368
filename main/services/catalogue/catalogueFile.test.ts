import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CatalogueEntry } from '#contract'
import { afterEach, expect, test } from 'vitest'
import { readCatalogueFile } from './catalogueFile.ts'
import { createCatalogue, parameterCount } from './index.ts'

const resources = fileURLToPath(new URL('../../../resources', import.meta.url))
const entries = readCatalogueFile(resources)
const noSources = { sources: () => ({ order: [], mirrorUrl: null }), token: async () => null }
const catalogueOf = (folder: string) => createCatalogue({ resources: folder, userAgent: 'test', ...noSources })

const folders: string[] = []
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })))

test('the catalogue offers all families, each size once, and its ids and repositories are unique', () => {
  const ids = (wanted: (entry: (typeof entries)[number]) => boolean) => entries.filter(wanted).map(({ id }) => id)
  expect(ids(({ family, job }) => family === 'qwen35' && job === null)).toEqual([
    'qwen3.6-27b',
    'qwen3.6-35b-a3b',
    'qwen3.5-27b',
    'qwen3.5-35b-a3b',
    'qwen3.5-9b',
    'qwen3.5-4b',
    'qwen3.5-0.8b',
  ])
  const sizes = ['32b', '30b-a3b', '8b', '4b', '2b']
  expect(ids(({ family }) => family === 'qwen3vl')).toEqual([
    ...sizes.map((size) => `qwen3-vl-${size}-instruct`),
    ...sizes.map((size) => `qwen3-vl-${size}-thinking`),
  ])
  expect(ids(({ job }) => job === 'pages')).toEqual(['olmocr-2-7b', 'nanonets-ocr2-3b', 'mineru2.5-1.2b'])
  expect(ids(({ job }) => job === 'screens')).toEqual([
    'ui-tars-1.5-7b',
    'holo1.5-7b',
    'ui-tars-7b-dpo',
    'ui-tars-2b-sft',
  ])
  expect(ids(({ family, job }) => /^qwen25?vl$/.test(family) && job === null)).toHaveLength(8)
  expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length)
  const repositories = entries.flatMap((entry) =>
    entry.repositories.map(({ source, repository }) => `${source} ${repository}`),
  )
  expect(new Set(repositories).size).toBe(repositories.length)
})

test('models that think say so by their kind', () => {
  for (const { id, kind } of entries) expect(kind === 'thinking', id).toBe(id.endsWith('-thinking'))
})

test('what the contract shows is there and nothing else', () => {
  const listed = catalogueOf(resources).list()
  expect(listed).toHaveLength(entries.length)
  for (const entry of listed) {
    expect(CatalogueEntry.strict().parse(entry)).toEqual(entry)
    for (const repository of entry.repositories)
      for (const key of ['projectorFrom', 'projectorForm']) expect(Object.keys(repository)).not.toContain(key)
  }
})

test('every address is https, every licence and sentence is there', () => {
  for (const entry of entries) {
    const found = entry.repositories.map(({ foundAt }) => foundAt)
    for (const address of [entry.licence.url, entry.licenceFoundAt, entry.shapeFoundAt, ...found])
      expect(new URL(address).protocol, address).toBe('https:')
    expect(entry.goodAt, entry.id).toMatch(/^[A-Z].*\.$/)
    expect(entry.licence.allowsCommercialUse, entry.id).toBe(entry.id !== 'qwen2.5-vl-3b-instruct')
  }
})

test('every entry begins with a repository that was looked at; others say at least where they should be', () => {
  for (const { id, repositories } of entries) {
    expect(repositories[0]?.isConfirmed, id).toBe(true)
    for (const { repository, isConfirmed, foundAt } of repositories)
      if (!isConfirmed) expect(foundAt).toContain(repository)
  }
})

test('a projector is taken from a repository of the same entry and source that has its own', () => {
  for (const { id, repositories } of entries) {
    for (const { source, repository, projectorFrom } of repositories) {
      if (projectorFrom === undefined) continue
      const lender = repositories.find((one) => one.repository === projectorFrom && one.source === source)
      expect(lender, `${id} ${repository}`).toMatchObject({ source })
      expect(lender?.projectorFrom).toBeUndefined()
    }
  }
})

test('repositories with a projector of the current form come first, and several are there to choose from', () => {
  const onlyOld = ['qwen2-vl-72b-instruct', 'qwen2-vl-7b', 'ui-tars-7b-dpo', 'ui-tars-2b-sft']
  for (const { id, job, repositories } of entries) {
    for (const source of ['huggingface', 'modelscope']) {
      const current = repositories
        .filter((one) => one.source === source)
        .map(({ projectorForm }) => projectorForm === 'current')
      expect(current, id).toEqual(current.toSorted((a, b) => Number(b) - Number(a)))
    }
    expect(repositories[0]?.projectorForm === 'current', id).toBe(!onlyOld.includes(id))
    if (job === null) expect(repositories.length, id).toBeGreaterThanOrEqual(3)
    // a projector of another form is used only where no current one can be borrowed
    const lacking = repositories.filter(
      (one) => one.source === 'huggingface' && one.projectorForm !== 'current' && one.projectorFrom === undefined,
    )
    // a fine-tune has trained its tower: no other one's projector is its own
    if (job === null) expect(lacking.length, id).toBe(onlyOld.includes(id) ? 1 : 0)
    else expect(repositories.every(({ projectorFrom }) => projectorFrom === undefined)).toBe(true)
  }
})

test('shapes are of their family and fit together', () => {
  for (const { id, family, shape } of entries) {
    const { text, projector } = shape
    expect(projector, id).toMatchObject({ family, outputLength: text.embeddingLength })
    expect(text.heads % text.kvHeads, id).toBe(0)
    expect(projector.rowLength / projector.outputLength, id).toBe(family === 'qwen3vl' ? 4 : 1)
    expect(text.recurrent !== null, id).toBe(family === 'qwen35')
    expect(text.experts !== null, id).toBe(/a3b/.test(id))
    if (family !== 'qwen2vl' && family !== 'qwen25vl') continue
    expect(text.heads * text.headDim, id).toBe(text.embeddingLength)
    expect(projector.embeddingLength, id).toBe(1280)
  }
})

/**
 * The sizes that the authors give for the language models below these: Qwen2 0.5B, 1.5B, 7B, 72B, Qwen2.5 3B, 32B, Qwen3 1.7B,
 * 4B, 8B, 32B and 30B-A3B, and for Qwen3.5's own. UI-TARS 2B has an output matrix of its own.
 */
test.each([
  ['qwen2-vl-2b-instruct', 1_543_714_304],
  ['qwen2-vl-7b-instruct', 7_615_616_512],
  ['qwen2-vl-72b-instruct', 72_706_203_648],
  ['qwen2-vl-7b', 7_615_616_512],
  ['qwen2.5-vl-3b-instruct', 3_085_938_688],
  ['qwen2.5-vl-7b-instruct', 7_615_616_512],
  ['qwen2.5-vl-32b-instruct', 32_763_876_352],
  ['qwen2.5-vl-72b-instruct', 72_706_203_648],
  ['qwen3-vl-2b-instruct', 1_720_574_976],
  ['qwen3-vl-4b-thinking', 4_022_468_096],
  ['qwen3-vl-8b-instruct', 8_190_735_360],
  ['qwen3-vl-30b-a3b-instruct', 30_532_122_624],
  ['qwen3-vl-32b-thinking', 32_762_123_264],
  ['qwen3.5-0.8b', 752_393_024],
  ['qwen3.5-4b', 4_205_751_296],
  ['mineru2.5-1.2b', 494_032_768],
  ['ui-tars-2b-sft', 1_543_714_304 + 151_936 * 1536],
])('the language model of %s has %i parameters', (id, parameters) => {
  expect(parameterCount(catalogueOf(resources).shape(id))).toBe(parameters)
})

test('an unknown entry is not found', () => {
  expect(() => catalogueOf(resources).shape('gpt-9')).toThrow(expect.objectContaining({ code: 'NotFound' }))
})

test.each([
  ['missing', null],
  ['no JSON', '{"entries":'],
  ['without shapes', JSON.stringify({ entries: entries.map(({ shape: _, ...entry }) => entry) })],
  ['empty', '{"entries":[]}'],
])('a list that is %s is a typed error that says what to do', (_, content) => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-catalogue-'))
  folders.push(folder)
  mkdirSync(join(folder, 'catalogue'))
  if (content !== null) writeFileSync(join(folder, 'catalogue', 'catalogue.json'), content)
  const message = expect.stringContaining('Install Sightline again') as string
  expect(() => catalogueOf(folder).list()).toThrow(expect.objectContaining({ code: 'StorageFailed', message }))
})
