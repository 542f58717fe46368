import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Download } from '#contract'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createEngine } from '../../engine/index.ts'
import { openStore } from '../../lib/database/index.ts'
import type { Store } from '../../lib/database/index.ts'
import { forkWorker } from '../../nodePorts.ts'
import { createCatalogue } from '../../services/catalogue/index.ts'
import { createDownloads } from '../../services/downloads/index.ts'
import { demoModelId } from '../../services/models/demo.ts'
import type { ModelList } from '../../services/models/index.ts'
import { createModelList } from '../../services/models/modelList.ts'
import { readGguf, writeGguf } from '../../testing/ggufEdit.ts'
import { splitGguf } from '../../testing/ggufSplit.ts'
import { startModelServer } from '../../testing/modelServer.ts'
import type { ModelServer } from '../../testing/modelServer.ts'
import { exchanged, surgery, unfinished } from '../../testing/publishedModels.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { tinyResources } from '../../testing/tinyCatalogue.ts'
import { createDownloadModel } from './index.ts'
import type { DownloadModel, DownloadProgress } from './index.ts'

const resources = join(import.meta.dirname, '../../../resources')
/** Reads headers only: no process is started. */
const headers = createEngine({ spawn: forkWorker, cachePath: '/nowhere' })
const text = readFileSync(join(resources, 'demo-model/demo-text-f16.gguf'))
const projector = readFileSync(join(resources, 'demo-model/demo-mmproj-f16.gguf'))
const entryId = 'tiny'
const repository = 'tests/Tiny-2B-GGUF'
/** Those that the entry names after it; they are not there unless a test adds them. */
const others = ['tests/Second-GGUF', 'tests/Third-GGUF', 'tests/Fourth-GGUF', 'tests/Fifth-GGUF']
const projectorFile = 'mmproj-Tiny-2B-f16.gguf'
const textFile = 'Tiny-2B-Q4_K_M.gguf'
const wanted = { entryId, quantization: 'Q4_K_M' }
/** The first answer for a file is that for its header, which nothing goes wrong with. */
const head = { kind: 'none' } as const
const options = { signal: new AbortController().signal }

let temp: ReturnType<typeof tempFolder>
let catalogueFolder: string
let server: ModelServer
let store: Store
let models: ModelList
let chosen: string | null
let token: string | null
let feature: DownloadModel
let downloads: DownloadModel['procedures']
/** How far the catalogue's clock goes on whenever it is asked, ms. */
let isMoving: boolean
let step: number

const serve = (needs: { token?: string } = {}): void =>
  server.add({
    repository,
    files: { [textFile]: text, 'Tiny-2B-Q8_0.gguf': text, 'mmproj-Tiny-2B-f16.gguf': projector },
    ...needs,
  })

/** Opens the data folder; again after `close` it is a restart. */
function open(): void {
  store = openStore(join(temp.path, 'data'))
  const inspect = headers.inspect.bind(headers)
  models = createModelList({
    db: store.db,
    resources,
    choice: { get: () => chosen, set: (id) => void (chosen = id) },
    inspect,
  })
  let ahead = 0
  const catalogue = createCatalogue({
    now: () => Date.now() + (ahead += step),
    resources: catalogueFolder,
    userAgent: 'Test',
    sources: () => ({ order: ['huggingface'], mirrorUrl: null }),
    token: async () => token,
    bases: { huggingface: server.address },
  })
  const modelsFolder = () => join(temp.path, 'models')
  const createQueue: Parameters<typeof createDownloadModel>[0]['createQueue'] = (hooks) =>
    createDownloads({ db: store.db, modelsFolder, env: {}, freeBytes: async () => 1e12, ...hooks })
  feature = createDownloadModel({ catalogue, models, createQueue, isFolderMoving: () => isMoving })
  downloads = feature.procedures
}

async function close(): Promise<void> {
  await feature.close()
  store.close()
}

beforeEach(async () => {
  temp = tempFolder()
  const about = { parameters: '2B', repository }
  catalogueFolder = tinyResources(join(temp.path, 'resources'), [
    { id: entryId, name: 'Tiny 2B', ...about, others },
    { id: 'other', name: 'Other 2B', ...about },
  ])
  server = await startModelServer()
  chosen = null
  token = null
  step = 0
  isMoving = false
  serve()
  open()
})
afterEach(async () => {
  await close()
  await server.close()
  temp.remove()
})

/** The first job as soon as `is` holds for it. */
async function until(is: (job: Download) => boolean): Promise<Download> {
  for await (const [job] of await downloads.watch(undefined, options)) if (job && is(job)) return job
  throw new Error('The queue was closed.')
}
const done = () => until(({ state }) => state === 'done' || state === 'failed')

describe('what has arrived', () => {
  test('is a model of the library, verified, with its name and where it came from', async () => {
    expect(await downloads.start(wanted, options)).toMatchObject({ name: 'Tiny 2B Q4_K_M', ...wanted })
    const { modelId, error } = await done()
    expect(error).toBeNull()
    const entry = models.registry.entry(modelId!)
    expect(entry).toMatchObject({
      model: { name: 'Tiny 2B', isDemo: false },
      origin: { label: `Hugging Face · ${repository}`, ...wanted },
      files: [
        { role: 'text', digest: 'verified' },
        { role: 'projector', digest: 'verified' },
      ],
    })
    expect(readFileSync(entry.model.textPath).equals(text)).toBe(true)
    expect(models.madeOf(entryId, 'Q4_K_M')).toBe(modelId)
  })

  test('takes the demo model’s place, but never that of a model that was chosen', async () => {
    await downloads.start(wanted, options)
    const first = (await done()).modelId
    expect(models.current().id).toBe(first)
    await downloads.remove({ id: (await done()).id }, options)
    const other = await downloads.start({ entryId, quantization: 'Q8_0' }, options)
    await until(({ id, state }) => id === other.id && state === 'done')
    expect(models.current().id).toBe(first)
  })

  test('has its quantization in its name where another model is called the same', async () => {
    await downloads.start(wanted, options)
    await downloads.remove({ id: (await done()).id }, options)
    const other = await downloads.start({ entryId, quantization: 'Q8_0' }, options)
    const { modelId } = await until(({ id, state }) => id === other.id && state === 'done')
    expect(models.registry.entry(modelId!).model.name).toBe('Tiny 2B Q8_0')
  })

  test('is registered after a restart in the middle', async () => {
    server.script(repository, textFile, [head, { kind: 'stall', afterBytes: 1000 }])
    await downloads.start(wanted, options)
    await until(({ doneBytes }) => doneBytes > 0)
    await close()
    open()
    expect((await done()).state).toBe('done')
    expect(models.current().isDemo).toBe(false)
  })

  test('that is no model fails the download in words, and the demo model stays', async () => {
    server.add({
      repository,
      files: { [textFile]: Buffer.alloc(text.length, 'x'), 'mmproj-Tiny-2B-f16.gguf': projector },
    })
    await downloads.start(wanted, options)
    expect(await done()).toMatchObject({ state: 'failed', error: { code: 'UnsupportedModel' } })
    expect(models.current().id).toBe(demoModelId)
  })
})

/** Bytes that were asked for of a repository's files. */
function askedBytes(of: string): number {
  const ranges = server.requests
    .filter(({ url }) => url.startsWith(`/cdn/${of}/`))
    .map(({ headers }) => /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? ''))
  return ranges.reduce((sum, range) => sum + (range ? Number(range[2]) - Number(range[1]) + 1 : Infinity), 0)
}

describe('files are looked at before they are downloaded', () => {
  const headBytes = 64 * 1024
  const replaced = (from: string, to: string) =>
    Buffer.from(projector.toString('latin1').replaceAll(from, to), 'latin1')

  test('and what was read for that is where the download begins: no byte is fetched twice', async () => {
    await downloads.start(wanted, options)
    expect((await done()).state).toBe('done')
    expect(askedBytes(repository)).toBe(text.length + projector.length)
  })

  test.each([
    [
      'a projector of an unknown kind',
      { [projectorFile]: replaced('qwen2vl_merger', 'xwen2vl_merger') },
      'UnsupportedModel',
      /xwen2vl_merger/,
    ],
    [
      'a projector that lacks a tensor',
      { [projectorFile]: replaced('mm.2.weight', 'mm.3.weight') },
      'UnsupportedModel',
      /mm\.2\.weight/,
    ],
    [
      'a conversion that was never finished',
      { [projectorFile]: writeGguf(unfinished(readGguf(projector))) },
      'UnsupportedModel',
      /cannot be used/,
    ],
    ['two language models', { [projectorFile]: text }, 'ProjectorMismatch', /is a language model/],
    [
      'a web page',
      { [textFile]: Buffer.from('<html>'.padEnd(400_000)) },
      'UnsupportedModel',
      /not a model in the GGUF format/,
    ],
    [
      'a file that is shorter than its header says',
      { [textFile]: text.subarray(0, 900_000) },
      'ModelDamaged',
      /its header describes/,
    ],
  ] as const)('and refused then: %s', async (_, files, code, words) => {
    server.add({ repository, files: { [textFile]: text, [projectorFile]: projector, ...files } })
    await downloads.start(wanted, options)
    const { state, error } = await done()
    expect({ state, code: error?.code }).toEqual({ state: 'failed', code })
    expect(error?.message).toMatch(words)
    expect(error?.message).toMatch(/Only \d+ kB were fetched to find that out\.$/)
    expect(error?.message).not.toContain('Download it again')
    expect(askedBytes(repository)).toBeLessThanOrEqual(2 * headBytes)
    expect(
      readdirSync(join(temp.path, 'models'), { recursive: true }).filter((name) => String(name).endsWith('.gguf')),
    ).toEqual([])
  })

  test('and taken in the form of December 2024', async () => {
    server.add({
      repository,
      files: { [textFile]: text, [projectorFile]: writeGguf(exchanged(surgery(readGguf(projector), 1))) },
    })
    await downloads.start(wanted, options)
    const { state, error } = await done()
    expect({ state, error }).toEqual({ state: 'done', error: null })
  })

  test('with all parts of a split model', async () => {
    const parts = ['Tiny-2B-Q8_0-00001-of-00002.gguf', 'Tiny-2B-Q8_0-00002-of-00002.gguf'] as const
    const tensors = Number(text.readBigUInt64LE(8))
    const [first, second] = splitGguf(text, [10, tensors - 10]) as [Buffer, Buffer]
    server.add({ repository, files: { [parts[0]]: first, [parts[1]]: second, [projectorFile]: projector } })
    await downloads.start({ entryId, quantization: 'Q8_0' }, options)
    const { state, error, modelId } = await done()
    expect({ state, error }).toEqual({ state: 'done', error: null })
    expect(models.registry.entry(modelId!).files.map(({ role }) => role)).toEqual(['text', 'text', 'projector'])
    expect(askedBytes(repository)).toBe(first.length + second.length + projector.length)
  })

  test('of a source that sends only whole files too: they are fetched again from their beginning', async () => {
    const whole = (content: Uint8Array) => ({ content, ranges: false })
    server.add({ repository, files: { [textFile]: whole(text), [projectorFile]: whole(projector) } })
    await downloads.start(wanted, options)
    expect((await done()).state).toBe('done')
    expect(server.requests.filter(({ url }) => url.startsWith(`/cdn/${repository}/`))).toHaveLength(4)
  })

  test('not again after a restart in the middle', async () => {
    server.script(repository, textFile, [head, { kind: 'stall', afterBytes: 1000 }])
    await downloads.start(wanted, options)
    await until(({ doneBytes }) => doneBytes > headBytes)
    await close()
    const before = server.requests.filter(({ headers }) => headers.range === `bytes=0-${headBytes - 1}`).length
    open()
    expect((await done()).state).toBe('done')
    expect(server.requests.filter(({ headers }) => headers.range === `bytes=0-${headBytes - 1}`)).toHaveLength(before)
  })
})

describe('a repository that fails gives way to the next of its entry', () => {
  const files = { [textFile]: text, [projectorFile]: projector }
  const reasons = ({ passedOver }: Download) => passedOver.map(({ repository: name, reason }) => [name, reason])

  test('because it is gone, gated, renamed, of no known form or not what it lists', async () => {
    const [gated, renamed, unknown, wrong] = others as [string, string, string, string]
    const last = 'tests/Last-GGUF'
    await close()
    rmSync(catalogueFolder, { recursive: true })
    tinyResources(catalogueFolder, [
      { id: entryId, name: 'Tiny 2B', parameters: '2B', repository, others: [...others, last] },
    ])
    open()
    server.remove(repository)
    server.add({ repository: gated, token: 'hf_other', files })
    server.add({ repository: renamed, nowCalled: 'somebody/Else', files })
    server.add({
      repository: unknown,
      files: {
        ...files,
        [projectorFile]: Buffer.from(
          projector.toString('latin1').replace('qwen2vl_merger', 'xwen2vl_merger'),
          'latin1',
        ),
      },
    })
    server.add({
      repository: wrong,
      files: { ...files, [projectorFile]: { content: projector, sha256: 'a'.repeat(64) } },
    })
    server.add({ repository: last, files })
    await downloads.start(wanted, options)
    const job = await done()
    expect(job).toMatchObject({ state: 'done', error: null, from: { source: 'huggingface', repository: last } })
    expect(reasons(job)).toEqual([
      [repository, 'is not there any more'],
      [gated, 'is open only to those with an access token'],
      [renamed, 'is now called somebody/Else'],
      [unknown, expect.stringMatching(/cannot be used: .*xwen2vl_merger/)],
      [wrong, expect.stringContaining('its SHA-256 is another')],
    ])
    expect(models.registry.entry(job.modelId!).origin.label).toBe(`Hugging Face · ${last}`)
    // its language model was right already, and the same
    expect(askedBytes(last)).toBe(projector.length)
    expect(
      readdirSync(join(temp.path, 'models'), { recursive: true })
        .map(String)
        .filter((name) => /\.(gguf|part)$/.test(name)),
    ).toHaveLength(2)
  })

  test('in the middle of the download, and what is told of it outlasts a restart', async () => {
    server.script(repository, textFile, [head, { kind: 'drop', afterBytes: 100_000 }, { kind: 'status', status: 404 }])
    server.add({ repository: others[0]!, files })
    await downloads.start(wanted, options)
    const job = await done()
    expect(job).toMatchObject({ state: 'done', from: { repository: others[0] } })
    expect(reasons(job)).toEqual([[repository, 'is not there any more']])
    await close()
    open()
    expect(await done()).toMatchObject({ from: { repository: others[0] }, passedOver: [{ repository }] })
  })

  test('not where there is no other: it is told what was wrong there, and can be resumed', async () => {
    server.script(repository, textFile, [head, { kind: 'flip', at: 1000 }])
    await downloads.start(wanted, options)
    expect(await done()).toMatchObject({
      state: 'failed',
      error: { code: 'DigestMismatch' },
      from: { repository },
      passedOver: [],
    })
    await downloads.resume({ id: (await done()).id }, options)
    expect((await until(({ state }) => state === 'done')).error).toBeNull()
  })

  test('once: where all fail, however long it takes, it ends with the last', async () => {
    step = 3_600_000
    const wrong = { ...files, [projectorFile]: { content: projector, sha256: 'a'.repeat(64) } }
    for (const name of [repository, others[0]!]) server.add({ repository: name, files: wrong })
    await downloads.start(wanted, options)
    const job = await done()
    expect(job).toMatchObject({ state: 'failed', error: { code: 'DigestMismatch' }, from: { repository: others[0] } })
    expect(reasons(job)).toEqual([[repository, expect.stringContaining('its SHA-256 is another')]])
  })

  test('not because the connection is lost', async () => {
    server.add({ repository: others[0]!, files })
    await downloads.start(wanted, options)
    server.script(repository, projectorFile, [{ kind: 'redirectLoop' }])
    expect(await done()).toMatchObject({ state: 'failed', error: { code: 'SourceUnreachable' }, from: { repository } })
  })
})

test('files of a repository that somebody typed become a model with its name', async () => {
  const typed = 'someone/Shapes-2B-GGUF'
  server.add({ repository: typed, files: { 'Shapes-2B-Q4_K_M.gguf': text, 'mmproj-F16.gguf': projector } })
  const wish = { repositoryId: `huggingface:${typed}`, text: 'Shapes-2B-Q4_K_M.gguf', projector: 'mmproj-F16.gguf' }
  expect(await downloads.start(wish, options)).toMatchObject({
    name: 'Shapes-2B Q4_K_M',
    from: { source: 'huggingface', repository: typed },
  })
  const { modelId, error } = await done()
  expect(error).toBeNull()
  expect(models.registry.entry(modelId!)).toMatchObject({
    model: { name: 'Shapes-2B Q4_K_M' },
    origin: { label: `Hugging Face · ${typed}` },
  })
  expect(models.madeOf(wish.repositoryId, 'Q4_K_M')).toBe(modelId)
  await expect(downloads.start({ ...wish, text: 'gone.gguf' }, options)).rejects.toMatchObject({ code: 'NotFound' })
  await expect(
    downloads.start({ ...wish, repositoryId: 'huggingface:../../etc/passwd' }, options),
  ).rejects.toMatchObject({
    code: 'NotFound',
  })
})

describe('starting', () => {
  test('what is on its way is answered as it is, without asking the source', async () => {
    server.script(repository, textFile, [head, { kind: 'stall', afterBytes: 1000 }])
    const { id } = await downloads.start(wanted, options)
    await until(({ doneBytes }) => doneBytes > 0)
    const asked = server.requests.length
    expect(await downloads.start(wanted, options)).toMatchObject({ id })
    expect(server.requests).toHaveLength(asked)
  })

  test('is refused for a quantization that the source does not have, and for an entry that is not there', async () => {
    await expect(downloads.start({ entryId, quantization: 'Q3_K_S' }, options)).rejects.toMatchObject({
      code: 'NotFound',
    })
    await expect(downloads.start({ entryId: 'gpt', quantization: 'Q4_K_M' }, options)).rejects.toMatchObject({
      code: 'NotFound',
    })
    await server.close()
    await expect(downloads.start({ entryId: 'other', quantization: 'Q4_K_M' }, options)).rejects.toMatchObject({
      code: 'SourceUnreachable',
    })
    server = await startModelServer()
  })
})

test('a gated file is asked for with the token of its source', async () => {
  serve({ token: 'hf_secret' })
  await expect(downloads.start(wanted, options)).rejects.toMatchObject({ code: 'SourceRefused' })
  token = 'hf_secret'
  await downloads.start(wanted, options)
  expect((await done()).state).toBe('done')
  const files = server.requests.filter(({ url }) => url.includes('/resolve/'))
  expect(new Set(files.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer hf_secret']))
})

test('the models folder stays while something is on its way', async () => {
  expect(feature.holdsFolder()).toBeNull()
  server.script(repository, textFile, [head, { kind: 'stall', afterBytes: 1000 }])
  const { id } = await downloads.start(wanted, options)
  await until(({ doneBytes }) => doneBytes > 0)
  expect(feature.holdsFolder()).toMatch(/Pause it/)
  await downloads.pause({ id }, options)
  expect(feature.holdsFolder()).toBeNull()
})

test('nothing begins to write to the models folder, or deletes there, while it is being moved', async () => {
  const busy = expect.objectContaining({ code: 'Busy', message: expect.stringContaining('being moved') as string })
  server.script(repository, textFile, [head, { kind: 'stall', afterBytes: 1000 }])
  isMoving = true
  await expect(downloads.start(wanted, options)).rejects.toEqual(busy)
  expect(feature.holdsFolder()).toBeNull()
  isMoving = false
  const { id } = await downloads.start(wanted, options)
  await until(({ doneBytes }) => doneBytes > 0)
  await downloads.pause({ id }, options)
  isMoving = true
  expect(() => downloads.resume({ id }, options)).toThrow(busy)
  expect(() => downloads.remove({ id }, options)).toThrow(busy)
  expect(feature.holdsFolder()).toBeNull()
  isMoving = false
  await downloads.resume({ id }, options)
  expect((await done()).state).toBe('done')
})

test('removing a download leaves the files of a model that was made of it', async () => {
  await downloads.start(wanted, options)
  const { id, modelId } = await done()
  await downloads.remove({ id }, options)
  expect(readFileSync(models.registry.entry(modelId!).model.textPath).equals(text)).toBe(true)
})

test('how it goes as a whole is told until it is not wanted any more', async () => {
  server.script(repository, textFile, [head, { kind: 'stall', afterBytes: 1000 }])
  const told: DownloadProgress[] = []
  let wake = () => {}
  const stop = feature.onProgress((progress) => {
    told.push(progress)
    wake()
  })
  const toldThat = async (is: (progress: DownloadProgress) => boolean) => {
    while (!told.some(is)) await new Promise<void>((resolve) => (wake = resolve))
  }
  await toldThat(({ active }) => active === 0)
  const { id, bytes } = await downloads.start(wanted, options)
  await toldThat(({ share }) => share !== null && share >= 1000 / bytes)
  expect(told.at(-1)).toMatchObject({ active: 1, failed: 0, stalled: false })
  told.length = 0
  await downloads.pause({ id }, options)
  await toldThat(({ share, active }) => share === null && active === 0)
  stop()
  const before = told.length
  await downloads.resume({ id }, options)
  await done()
  expect(told).toHaveLength(before)
})
