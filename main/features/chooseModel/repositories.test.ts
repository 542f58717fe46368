import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Examination, Repository } from '#contract'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore } from '../../lib/database/index.ts'
import type { Store } from '../../lib/database/index.ts'
import { createCatalogue } from '../../services/catalogue/index.ts'
import { createDownloads } from '../../services/downloads/index.ts'
import type { Downloads } from '../../services/downloads/index.ts'
import { startModelServer } from '../../testing/modelServer.ts'
import type { ModelServer, ServedRepository } from '../../testing/modelServer.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createRepositories } from './repositories.ts'
import type { Repositories } from './repositories.ts'

const resources = join(import.meta.dirname, '../../../resources')
const goldens = join(import.meta.dirname, '../../testing/goldens')
const text = readFileSync(join(resources, 'demo-model/demo-text-f16.gguf'))
const projector = readFileSync(join(resources, 'demo-model/demo-mmproj-f16.gguf'))
const other = {
  text: readFileSync(join(goldens, 'qwen25vl/model-f32.gguf')),
  projector: readFileSync(join(goldens, 'qwen25vl/mmproj-f32.gguf')),
}
const GB = 1e9
const signal = new AbortController().signal
const NAME = 'someone/Shapes-2B-GGUF'
const ID = `huggingface:${NAME}`
const files = {
  'Qwen2-VL-2B-Q4_K_M.gguf': text,
  'Qwen2-VL-2B-Q8_0.gguf': text,
  'mmproj-F16.gguf': projector,
  'README.md': Buffer.from('#'),
}

let temp: ReturnType<typeof tempFolder>
let server: ModelServer
let store: Store
let downloads: Downloads
let repositories: Repositories
let token: string | null

beforeEach(async () => {
  temp = tempFolder()
  server = await startModelServer()
  store = openStore(join(temp.path, 'data'))
  token = null
  const catalogue = createCatalogue({
    resources,
    userAgent: 'Test',
    sources: () => ({ order: ['huggingface', 'modelscope'], mirrorUrl: null }),
    token: async () => token,
    bases: { huggingface: server.address, modelscope: server.address },
  })
  downloads = createDownloads({
    db: store.db,
    modelsFolder: () => temp.path,
    onDone: async () => '',
    headers: (url) => catalogue.headersFor(url),
    env: {},
  })
  const device = {
    name: 'CPU',
    description: 'Processor',
    kind: 'cpu',
    totalBytes: 32 * GB,
    freeBytes: 32 * GB,
    isShared: true,
  } as const
  repositories = createRepositories({
    catalogue,
    engine: {
      machine: async () => ({
        cpu: 'P',
        cores: 8,
        memoryBytes: 32 * GB,
        systemFreeBytes: 24 * GB,
        devices: [device],
        cpuBytesPerSecond: 30e9,
      }),
    },
    openHead: downloads.heads.open,
    modelOf: (entryId, quantization) => (entryId === ID && quantization === 'Q8_0' ? 'model' : null),
    hasRoom: async (bytes) => bytes < 8e6,
  })
})
afterEach(async () => {
  await downloads.close()
  store.close()
  await server.close()
  temp.remove()
})

const serve = (served: Partial<ServedRepository> = {}) => server.add({ repository: NAME, files, ...served })
const asked = () =>
  server.requests
    .filter(({ url }) => url.startsWith('/cdn/'))
    .map(({ url, headers }) => `${url.split('/').at(-1)!.split('?')[0]} ${headers.range}`)
const failure = (code: string, words: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(words) as string }) as unknown
const repository = async (address = NAME) => Repository.parse(await repositories.repository(address, signal))
const examine = async (path = 'Qwen2-VL-2B-Q4_K_M.gguf', repositoryId = ID) =>
  Examination.parse(await repositories.examine({ repositoryId, text: path }, signal))

describe('a repository that was typed', () => {
  test('has its files by what they are, and what of them is here or has room', async () => {
    serve()
    const { texts, ...about } = await repository(`https://huggingface.co/${NAME}/blob/main/Qwen2-VL-2B-Q8_0.gguf`)
    expect(texts.map(({ label, hasDiskSpace, modelId }) => [label, hasDiskSpace, modelId])).toEqual([
      ['Q4_K_M', true, null],
      ['Q8_0', true, 'model'],
    ])
    expect(about).toMatchObject({
      id: ID,
      source: 'huggingface',
      repository: NAME,
      askedFor: null,
      text: 'Qwen2-VL-2B-Q8_0.gguf',
      projector: 'mmproj-F16.gguf',
    })
    expect(asked()).toEqual([])
  })

  test('at ModelScope, at another revision, under a name that it had before', async () => {
    serve({ revision: 'b'.repeat(40), nowCalled: 'someone/New-GGUF' })
    expect(await repository(`modelscope.cn/models/${NAME}`)).toMatchObject({
      id: `modelscope:${NAME}`,
      source: 'modelscope',
    })
    expect(await repository()).toMatchObject({ repository: 'someone/New-GGUF', askedFor: NAME })
    const pinned = await repository(`https://huggingface.co/${NAME}/tree/${'b'.repeat(40)}`)
    expect(pinned.id).toBe(`${ID}@${'b'.repeat(40)}`)
    expect((await examine('Qwen2-VL-2B-Q4_K_M.gguf', pinned.id)).text.problem).toBeNull()
    await expect(repository(`https://huggingface.co/${NAME}/tree/${'c'.repeat(40)}`)).rejects.toEqual(
      failure('NotFound', /has no repository/),
    )
  })

  test('that is not there, or open only to some, is told so', async () => {
    await expect(repository()).rejects.toEqual(
      failure('NotFound', /Hugging Face has no repository someone\/Shapes-2B-GGUF/),
    )
    serve({ token: 'hf_secret' })
    await expect(repository()).rejects.toMatchObject({ code: 'SourceRefused', detail: { source: 'huggingface' } })
    token = 'hf_secret'
    expect((await repository()).texts).toHaveLength(2)
  })
})

describe('what its headers say', () => {
  test('is read from their first bytes, and what they take here is estimated from it for every quantization', async () => {
    serve()
    await repository()
    const found = await examine()
    expect(found).toMatchObject({
      text: { kind: 'text', problem: null },
      projectors: [{ path: 'mmproj-F16.gguf', family: 'Qwen2-VL', problem: null, verdict: 'fits', why: null }],
      fetchedBytes: 131_072,
      hasRanges: true,
    })
    expect(Object.entries(found.fits).map(([path, { level }]) => [path, level])).toEqual([
      ['Qwen2-VL-2B-Q4_K_M.gguf', 'cpu'],
      ['Qwen2-VL-2B-Q8_0.gguf', 'cpu'],
    ])
    expect(asked().toSorted()).toEqual(['Qwen2-VL-2B-Q4_K_M.gguf bytes=0-65535', 'mmproj-F16.gguf bytes=0-65535'])
    expect(await examine()).toMatchObject({ fetchedBytes: 0 })
    await examine('Qwen2-VL-2B-Q8_0.gguf')
    expect(asked()).toHaveLength(3)
  })

  test('tells which projector is another model’s, which is of no known kind, and what is no model', async () => {
    const unknown = Buffer.from(projector.toString('latin1').replace('qwen2vl_merger', 'xwen2vl_merger'), 'latin1')
    serve({
      files: {
        'Qwen2-VL-m-Q4_K_M.gguf': text,
        'notes-Q2_K.gguf': Buffer.from('not a model'.repeat(50)),
        'mmproj-a-F16.gguf': projector,
        'mmproj-b-F16.gguf': other.projector,
        'mmproj-c-F16.gguf': unknown,
        'mmproj-d-F16.gguf': text,
      },
    })
    await repository()
    const { text: sheet, projectors } = await examine('Qwen2-VL-m-Q4_K_M.gguf')
    expect(sheet.problem).toBeNull()
    expect(projectors.map(({ path, problem, verdict, why }) => [path, problem ?? why, verdict])).toEqual([
      ['mmproj-a-F16.gguf', null, 'fits'],
      ['mmproj-b-F16.gguf', expect.stringMatching(/is the projector of Qwen2\.5-VL/), 'mismatch'],
      ['mmproj-c-F16.gguf', expect.stringMatching(/xwen2vl_merger/), null],
      ['mmproj-d-F16.gguf', expect.stringMatching(/is a language model/), null],
    ])
    const nothing = await examine('notes-Q2_K.gguf')
    expect(nothing.text.problem).toMatch(/not a model in the GGUF format/)
    expect(nothing.fits).toEqual({})
  })

  test('leaves open what they do not tell: a model without a family may have either projector', async () => {
    serve({ files: { 'fine-tune-Q4_K_M.gguf': text, 'mmproj-F16.gguf': projector } })
    await repository()
    const { text: sheet, projectors, fits } = await examine('fine-tune-Q4_K_M.gguf')
    expect({ family: sheet.family, verdict: projectors[0]?.verdict }).toEqual({ family: null, verdict: 'unsure' })
    expect(projectors[0]?.why).toMatch(/Try it on a picture/)
    expect(Object.keys(fits)).toHaveLength(1)
  })

  test('is said of a projector that has the name of a language model', async () => {
    serve({ files: { 'm-Q8_0.gguf': projector, 'mmproj-F16.gguf': projector } })
    await repository()
    expect((await examine('m-Q8_0.gguf')).text).toMatchObject({
      kind: 'projector',
      problem: expect.stringMatching(/is a projector, not a language model/) as string,
    })
  })

  test('is not to be had of files behind a licence, which the window can ask a token for', async () => {
    serve()
    await repository()
    server.script(NAME, 'Qwen2-VL-2B-Q4_K_M.gguf', [{ kind: 'status', status: 403 }])
    await expect(examine()).rejects.toMatchObject({
      code: 'SourceRefused',
      detail: { source: 'huggingface' },
      message: expect.stringContaining('accepted its licence') as string,
    })
    expect((await examine()).text.problem).toBeNull()
  })

  test('is read of a source that sends only whole files, and that is said', async () => {
    serve({
      files: {
        'Qwen2-VL-m-Q4_K_M.gguf': { content: text, ranges: false },
        'mmproj-F16.gguf': { content: projector, ranges: false },
      },
    })
    await repository()
    expect(await examine('Qwen2-VL-m-Q4_K_M.gguf')).toMatchObject({ text: { problem: null }, hasRanges: false })
  })

  test('is not asked for a file that the repository does not have, nor for a repository by a made-up id', async () => {
    serve()
    await expect(examine('../../secret.gguf')).rejects.toEqual(failure('NotFound', /no such model any more/))
    for (const id of ['huggingface:', 'file:a/b', 'huggingface:a/b/../../c', 'huggingface:a/b@../x', 'mirror:a/b'])
      await expect(examine('m.gguf', id)).rejects.toEqual(failure('NotFound', /./))
    expect(asked()).toEqual([])
  })
})
