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

test('the catalogue offers both families, and its ids and repositories are unique', () => {
  expect(entries.map(({ id }) => id)).toEqual([
    'qwen2-vl-2b-instruct',
    'qwen2-vl-7b-instruct',
    'qwen2-vl-72b-instruct',
    'qwen2-vl-7b',
    'qwen2.5-vl-3b-instruct',
    'qwen2.5-vl-7b-instruct',
    'qwen2.5-vl-32b-instruct',
    'qwen2.5-vl-72b-instruct',
  ])
  const repositories = entries.flatMap((entry) =>
    entry.repositories.map(({ source, repository }) => `${source} ${repository}`),
  )
  expect(new Set(repositories).size).toBe(repositories.length)
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
  const onlyOld = ['qwen2-vl-72b-instruct', 'qwen2-vl-7b']
  for (const { id, repositories } of entries) {
    for (const source of ['huggingface', 'modelscope']) {
      const current = repositories
        .filter((one) => one.source === source)
        .map(({ projectorForm }) => projectorForm === 'current')
      expect(current, id).toEqual(current.toSorted((a, b) => Number(b) - Number(a)))
    }
    expect(repositories[0]?.projectorForm === 'current', id).toBe(!onlyOld.includes(id))
    expect(repositories.length, id).toBeGreaterThanOrEqual(3)
    // a projector of another form is used only where no current one can be borrowed
    const lacking = repositories.filter(
      (one) => one.source === 'huggingface' && one.projectorForm !== 'current' && one.projectorFrom === undefined,
    )
    expect(lacking.length, id).toBe(onlyOld.includes(id) ? 1 : 0)
  }
})

test('shapes are of their family and fit together', () => {
  for (const { id, family, shape } of entries) {
    const { text, projector } = shape
    expect(projector, id).toMatchObject({ family, embeddingLength: 1280, outputLength: text.embeddingLength })
    expect(text.heads * text.headDim, id).toBe(text.embeddingLength)
    expect(text.heads % text.kvHeads, id).toBe(0)
  }
})

/** The sizes that the authors give for the language models below these: Qwen2 1.5B, 7B, 72B and Qwen2.5 3B, 32B. */
test.each([
  ['qwen2-vl-2b-instruct', 1_543_714_304],
  ['qwen2-vl-7b-instruct', 7_615_616_512],
  ['qwen2-vl-72b-instruct', 72_706_203_648],
  ['qwen2-vl-7b', 7_615_616_512],
  ['qwen2.5-vl-3b-instruct', 3_085_938_688],
  ['qwen2.5-vl-7b-instruct', 7_615_616_512],
  ['qwen2.5-vl-32b-instruct', 32_763_876_352],
  ['qwen2.5-vl-72b-instruct', 72_706_203_648],
])('the language model of %s has %i parameters', (id, parameters) => {
  expect(parameterCount(catalogueOf(resources).shape(id).text)).toBe(parameters)
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
