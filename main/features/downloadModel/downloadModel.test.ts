import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Download } from '#contract'
import { openStore } from '../../lib/database/index.ts'
import type { Store } from '../../lib/database/index.ts'
import { forkWorker } from '../../nodePorts.ts'
import { createCatalogue } from '../../services/catalogue/index.ts'
import { createDownloads } from '../../services/downloads/index.ts'
import { createEngine } from '../../services/engine/index.ts'
import { createModels, demoModelId } from '../../services/models/index.ts'
import type { Models } from '../../services/models/index.ts'
import { startModelServer } from '../../testing/modelServer.ts'
import type { ModelServer } from '../../testing/modelServer.ts'
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
const textFile = 'Tiny-2B-Q4_K_M.gguf'
const wanted = { entryId, quantization: 'Q4_K_M' }
/** The first answer for a file is that for its header, which nothing goes wrong with. */
const head = { kind: 'none' } as const
const never = new AbortController().signal

let temp: ReturnType<typeof tempFolder>
let catalogueFolder: string
let server: ModelServer
let store: Store
let models: Models
let chosen: string | null
let token: string | null
let feature: DownloadModel

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
  models = createModels({ db: store.db, resources, choice: { get: () => chosen, set: (id) => void (chosen = id) }, inspect })
  const catalogue = createCatalogue({
    resources: catalogueFolder,
    userAgent: 'Test',
    sources: () => ({ order: ['huggingface'], mirrorUrl: null }),
    token: async () => token,
    bases: { huggingface: server.address },
  })
  const modelsFolder = () => join(temp.path, 'models')
  const createQueue: Parameters<typeof createDownloadModel>[0]['createQueue'] = (hooks) =>
    createDownloads({ db: store.db, modelsFolder, env: {}, freeBytes: async () => 1e12, ...hooks })
  feature = createDownloadModel({ catalogue, models, createQueue })
}

async function close(): Promise<void> {
  await feature.close()
  store.close()
}

beforeEach(async () => {
  temp = tempFolder()
  const about = { parameters: '2B', repository }
  catalogueFolder = tinyResources(join(temp.path, 'resources'), [{ id: entryId, name: 'Tiny 2B', ...about }, { id: 'other', name: 'Other 2B', ...about }])
  server = await startModelServer()
  chosen = null
  token = null
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
  for await (const [job] of feature.watch(never)) if (job && is(job)) return job
  throw new Error('The queue was closed.')
}
const done = () => until(({ state }) => state === 'done' || state === 'failed')

describe('what has arrived', () => {
  test('is a model of the library, verified, with its name and where it came from', async () => {
    expect(await feature.start(wanted, never)).toMatchObject({ name: 'Tiny 2B Q4_K_M', ...wanted })
    const { modelId, error } = await done()
    expect(error).toBeNull()
    const entry = models.registry.entry(modelId!)
    expect(entry).toMatchObject({
      model: { name: 'Tiny 2B', isDemo: false },
      origin: { label: `Hugging Face · ${repository}`, ...wanted },
      files: [{ role: 'text', digest: 'verified' }, { role: 'projector', digest: 'verified' }],
    })
    expect(readFileSync(entry.model.textPath).equals(text)).toBe(true)
    expect(models.madeOf(entryId, 'Q4_K_M')).toBe(modelId)
  })

  test('takes the demo model’s place, but never that of a model that was chosen', async () => {
    await feature.start(wanted, never)
    const first = (await done()).modelId
    expect(models.current().id).toBe(first)
    await feature.remove((await done()).id)
    const other = await feature.start({ entryId, quantization: 'Q8_0' }, never)
    await until(({ id, state }) => id === other.id && state === 'done')
    expect(models.current().id).toBe(first)
  })

  test('has its quantization in its name where another model is called the same', async () => {
    await feature.start(wanted, never)
    await feature.remove((await done()).id)
    const other = await feature.start({ entryId, quantization: 'Q8_0' }, never)
    const { modelId } = await until(({ id, state }) => id === other.id && state === 'done')
    expect(models.registry.entry(modelId!).model.name).toBe('Tiny 2B Q8_0')
  })

  test('is registered after a restart in the middle', async () => {
    server.script(repository, textFile, [head, { kind: 'stall', afterBytes: 1000 }])
    await feature.start(wanted, never)
    await until(({ doneBytes }) => doneBytes > 0)
    await close()
    open()
    expect((await done()).state).toBe('done')
    expect(models.current().isDemo).toBe(false)
  })

  test('that is no model fails the download in words, and the demo model stays', async () => {
    server.add({ repository, files: { [textFile]: Buffer.alloc(text.length), 'mmproj-Tiny-2B-f16.gguf': projector } })
    await feature.start(wanted, never)
    expect(await done()).toMatchObject({ state: 'failed', error: { code: 'UnsupportedModel' } })
    expect(models.current().id).toBe(demoModelId)
  })
})

describe('starting', () => {
  test('what is on its way is answered as it is, without asking the source', async () => {
    server.script(repository, textFile, [head, { kind: 'stall', afterBytes: 1000 }])
    const { id } = await feature.start(wanted, never)
    await until(({ doneBytes }) => doneBytes > 0)
    const asked = server.requests.length
    expect(await feature.start(wanted, never)).toMatchObject({ id })
    expect(server.requests).toHaveLength(asked)
  })

  test('is refused for a quantization that the source does not have, and for an entry that is not there', async () => {
    await expect(feature.start({ entryId, quantization: 'Q3_K_S' }, never)).rejects.toMatchObject({ code: 'NotFound' })
    await expect(feature.start({ entryId: 'gpt', quantization: 'Q4_K_M' }, never)).rejects.toMatchObject({ code: 'NotFound' })
    await server.close()
    await expect(feature.start({ entryId: 'other', quantization: 'Q4_K_M' }, never)).rejects.toMatchObject({ code: 'SourceUnreachable' })
    server = await startModelServer()
  })
})

test('a gated file is asked for with the token of its source', async () => {
  serve({ token: 'hf_secret' })
  await expect(feature.start(wanted, never)).rejects.toMatchObject({ code: 'SourceRefused' })
  token = 'hf_secret'
  await feature.start(wanted, never)
  expect((await done()).state).toBe('done')
  const files = server.requests.filter(({ url }) => url.includes('/resolve/'))
  expect(new Set(files.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer hf_secret']))
})

test('the models folder stays while something is on its way', async () => {
  expect(feature.holdsFolder()).toBeNull()
  server.script(repository, textFile, [head, { kind: 'stall', afterBytes: 1000 }])
  const { id } = await feature.start(wanted, never)
  await until(({ doneBytes }) => doneBytes > 0)
  expect(feature.holdsFolder()).toMatch(/Pause it/)
  await feature.pause(id)
  expect(feature.holdsFolder()).toBeNull()
})

test('removing a download leaves the files of a model that was made of it', async () => {
  await feature.start(wanted, never)
  const { id, modelId } = await done()
  await feature.remove(id)
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
  const { id, bytes } = await feature.start(wanted, never)
  await toldThat(({ share }) => share !== null && share >= 1000 / bytes)
  expect(told.at(-1)).toMatchObject({ active: 1, failed: 0, stalled: false })
  told.length = 0
  await feature.pause(id)
  await toldThat(({ share, active }) => share === null && active === 0)
  stop()
  const before = told.length
  feature.resume(id)
  await done()
  expect(told).toHaveLength(before)
})
