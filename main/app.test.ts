import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import SQLite from 'better-sqlite3'
import { AppError, defaultSettings, emptySavedDraft, noOverrides } from '#contract'
import type { Attachment, SavedMedium } from '#contract'
import type { ConversationEvent, EngineStatus, SettingsChange } from '#contract'
import { createApp } from './app.ts'
import type { App } from './app.ts'
import { forkWorker } from './nodePorts.ts'
import type { Ports } from './ports.ts'
import { createMemoryClient } from './rpc/memoryClient.ts'
import type { Client } from './rpc/memoryClient.ts'
import { createEngine } from './engine/index.ts'
import { goldenModel } from './testing/engineGoldens.ts'
import { serveHuggingFace, startSourceServer } from './services/catalogue/testing/sourceServer.ts'
import { ScriptedEngine } from './testing/scriptedEngine.ts'
import { tempFolder } from './testing/tempFolder.ts'
import { testPorts } from './testing/testPorts.ts'

let folder: ReturnType<typeof tempFolder>
let engine: ScriptedEngine
let app: App
let client: Client

beforeEach(() => {
  folder = tempFolder()
  open()
})
afterEach(async () => {
  await app.close()
  folder.remove()
})

function open(overrides: Partial<Ports> = {}): void {
  engine = new ScriptedEngine()
  app = createApp(testPorts(folder.path, overrides), { engine })
  client = createMemoryClient(app.serve).client
}
async function reopen(overrides: Partial<Ports> = {}): Promise<void> {
  await app.close()
  open(overrides)
}

const words = (text: string) => [{ type: 'text' as const, text }]
const code = (value: string) => expect.objectContaining({ code: value }) as AppError

async function first<T>(stream: Promise<AsyncIterable<T>>): Promise<T> {
  for await (const event of await stream) return event
  throw new Error('The stream was empty.')
}
async function until<T>(stream: AsyncIterator<T>, matches: (event: T) => boolean): Promise<T> {
  for (;;) {
    const { value, done } = await stream.next()
    if (done) throw new Error('The stream ended.')
    if (matches(value)) return value
  }
}
const ended = (event: ConversationEvent) =>
  event.type === 'message' && event.message.role === 'assistant' && event.message.status !== 'streaming'
async function snapshot(id: string): Promise<Extract<ConversationEvent, { type: 'snapshot' }>> {
  const event = await first(client.conversations.watch({ id }))
  if (event.type !== 'snapshot') throw new Error(`The first event is ${event.type}.`)
  return event
}
const texts = async (id: string) =>
  (await snapshot(id)).messages.map((message) =>
    message.parts
      .map((part) =>
        part.type === 'text' ? part.text : `[${part.type === 'frames' ? part.name : part.attachment.name}]`,
      )
      .join(''),
  )

test('the host is described as the shell has it', async () => {
  expect(await client.host.describe()).toMatchObject({
    name: 'Test',
    attachments: 'test://attachments/',
    capabilities: { fileDialogs: false, capture: false },
  })
  await expect(client.host.pickFile({ title: 'Model', extensions: ['gguf'] })).rejects.toEqual(code('NotYetSupported'))
  await reopen({ dialogs: { pickFile: async ({ extensions }) => `/picked.${extensions[0]}` } })
  expect((await client.host.describe()).capabilities.fileDialogs).toBe(true)
  expect(await client.host.pickFile({ title: 'Model', extensions: ['gguf'] })).toBe('/picked.gguf')
})

test('the idle time of the settings is applied at once, and after a restart', async () => {
  expect(engine.idleUnloadMs).toBe(15 * 60_000)
  await client.settings.update({ engineIdleMinutes: 5 })
  expect(engine.idleUnloadMs).toBe(5 * 60_000)
  await client.settings.update({ engineIdleMinutes: null })
  expect(engine.idleUnloadMs).toBeNull()
  await reopen()
  expect(engine.idleUnloadMs).toBeNull()
  await expect(client.settings.update({ engineIdleMinutes: 0 })).rejects.toEqual(code('InvalidInput'))
})

test('the catalogue is listed, its sources are settings, and tokens go to the place for secrets', async () => {
  expect((await client.catalogue.list()).length).toBeGreaterThan(0)
  expect(await client.catalogue.machine()).toMatchObject({
    cpu: 'Script',
    gpus: [],
    modelsFolder: join(folder.path, 'data', 'models'),
  })
  await expect(client.catalogue.offer({ entryId: 'gone' })).rejects.toEqual(code('NotFound'))
  await client.settings.update({ sources: { order: ['mirror'], mirrorUrl: 'http://127.0.0.1:9' } })
  await expect(client.catalogue.offer({ entryId: 'qwen2-vl-2b-instruct' })).rejects.toEqual(code('SourceUnreachable'))
  await expect(client.settings.update({ sources: { order: ['mirror', 'mirror'], mirrorUrl: null } })).rejects.toEqual(
    code('InvalidInput'),
  )
  await expect(client.catalogue.setToken({ source: 'huggingface', token: 'hf_1' })).rejects.toEqual(
    code('NotYetSupported'),
  )
  const kept = new Map<string, string>()
  await reopen({
    secrets: {
      get: async (name) => kept.get(name) ?? null,
      set: async (name, value) => void (value === null ? kept.delete(name) : kept.set(name, value)),
    },
  })
  expect((await client.host.describe()).capabilities.secretStorage).toBe(true)
  await client.catalogue.setToken({ source: 'huggingface', token: 'hf_1' })
  expect(await client.catalogue.tokens()).toEqual({ huggingface: true, mirror: false, modelscope: false })
  await client.catalogue.setToken({ source: 'huggingface', token: null })
  expect(kept.size).toBe(0)
})

test('the offer of a mirror has how each quantization would run here, and what is recommended', async () => {
  const mirror = await startSourceServer()
  try {
    const file = (name: string, gigabytes: number) => ({
      path: `Qwen2-VL-2B-Instruct-${name}.gguf`,
      bytes: gigabytes * 1e9,
    })
    serveHuggingFace(mirror, 'bartowski/Qwen2-VL-2B-Instruct-GGUF', [
      file('Q4_K_M', 0.986),
      file('Q8_0', 1.65),
      { path: 'mmproj-Qwen2-VL-2B-Instruct-f16.gguf', bytes: 1.33e9 },
    ])
    await client.settings.update({ sources: { order: ['mirror'], mirrorUrl: mirror.base } })
    const { quantizations, recommended } = await client.catalogue.offer({ entryId: 'qwen2-vl-2b-instruct' })
    expect(quantizations.map(({ name, modelId, fit }) => [name, modelId, fit.level])).toEqual([
      ['Q4_K_M', null, 'cpu'],
      ['Q8_0', null, 'cpu'],
    ])
    expect(recommended).toBe('Q4_K_M')
    expect(await client.catalogue.recommend()).toMatchObject({
      entryId: 'qwen2-vl-2b-instruct',
      quantization: 'Q4_K_M',
    })
  } finally {
    await mirror.close()
  }
})

test('what the user asks in the shell’s own menus reaches every window that listens then', async () => {
  await reopen({ host: { ...testPorts(folder.path).host, tray: true } })
  expect((await client.host.describe()).capabilities.tray).toBe(true)
  app.command({ type: 'newConversation' })
  const other = createMemoryClient(app.serve).client
  const streams = await Promise.all([client.host.watch(), other.host.watch()])
  const told = streams.map((stream) => stream.next())
  app.command({ type: 'newConversation' })
  expect(await Promise.all(told)).toEqual([1, 2].map(() => ({ done: false, value: { type: 'newConversation' } })))
})

test('a question about a stored picture is answered, and all of it is there after a restart', async () => {
  await reopen({ spawnWorker: forkWorker })
  const path = resolve(import.meta.dirname, '../resources/samples/red-circle.png')
  const attachment = await app.attachments.store('red-circle.png', createReadStream(path))
  const parts = [{ type: 'image' as const, sha: attachment.sha, name: attachment.name }, ...words('What is it?')]
  const sent = await client.ask.send({ conversationId: null, parts })
  const events = await client.conversations.watch({ id: sent.conversationId })
  const answer = await engine.nextAnswer()
  expect(answer.request.messages[0]?.content[0]).toEqual({
    type: 'image',
    source: {
      path: app.attachments.pathOf(attachment.sha),
      digest: attachment.sha,
      size: { width: attachment.width, height: attachment.height },
      name: 'red-circle.png',
    },
  })
  answer.text('A red circle.')
  answer.finish()
  await until(events, ended)
  await reopen()
  expect(await texts(sent.conversationId)).toEqual(['[red-circle.png]What is it?', 'A red circle.'])
  expect(app.attachments.get(attachment.sha)).toEqual(attachment)
  expect(await client.conversations.search({ query: 'red circle' })).toMatchObject([
    { conversation: { id: sent.conversationId } },
  ])
})

describe('conversations', () => {
  test('a snapshot taken in the middle equals what an earlier watcher pieced together', async () => {
    const sent = await client.ask.send({ conversationId: null, parts: words('Count') })
    const events = await client.conversations.watch({ id: sent.conversationId })
    const answer = await engine.nextAnswer()
    let text = ''
    for (let i = 0; i < 20; i++) {
      answer.text(`${i},`)
      const event = await until(events, (each) => each.type === 'text')
      if (event.type !== 'text') continue
      expect(event.offset).toBe(text.length)
      text += event.text
      const { messages } = await snapshot(sent.conversationId)
      expect(messages[1]).toMatchObject({ status: 'streaming', parts: words(text) })
    }
  })

  test('are renamed, branched and removed, and the list hears of it', async () => {
    const list = await client.conversations.watchList()
    const sent = await client.ask.send({ conversationId: null, parts: words('one') })
    const events = await client.conversations.watch({ id: sent.conversationId })
    ;(await engine.nextAnswer()).finish()
    await until(events, ended)
    const again = await client.ask.retry({ messageId: sent.answerId })
    await client.ask.stop({ messageId: again.answerId })
    await client.conversations.selectBranch({ messageId: sent.answerId })
    expect((await snapshot(sent.conversationId)).conversation.leafId).toBe(sent.answerId)
    expect(await client.conversations.rename({ id: sent.conversationId, title: '  Eins ' })).toMatchObject({
      title: 'Eins',
    })
    await client.conversations.remove({ id: sent.conversationId })
    await until(list, (event) => event.type === 'removed')
    await expect(client.conversations.watch({ id: sent.conversationId })).rejects.toEqual(code('NotFound'))
  })

  test('removing one while its answer streams stops the engine', async () => {
    const sent = await client.ask.send({ conversationId: null, parts: words('one') })
    const answer = await engine.nextAnswer()
    await client.conversations.remove({ id: sent.conversationId })
    await answer.aborted
    expect(engine.forgotten).toEqual([sent.conversationId])
    expect(await first(client.conversations.watchList())).toEqual({ type: 'snapshot', conversations: [] })
  })
})

test('a conversation that one window removes while another asks in it goes, and nothing is left to reject', async () => {
  const rejected: unknown[] = []
  const onRejected = (reason: unknown) => void rejected.push(reason)
  process.on('unhandledRejection', onRejected)
  const other = createMemoryClient(app.serve).client
  const { conversationId } = await client.ask.send({ conversationId: null, parts: words('one') })
  engine.stopsOnAbort = false
  const one = await engine.nextAnswer()
  one.text('half')
  const removing = client.conversations.remove({ id: conversationId })
  await one.aborted
  const refused = await other.ask.send({ conversationId, parts: words('two') }).catch((error: unknown) => error)
  one.finish()
  await removing
  for (let n = 0; n < 3; n++) await new Promise(setImmediate)
  process.off('unhandledRejection', onRejected)
  expect(rejected).toEqual([])
  expect(refused).toEqual(code('NotFound'))
  await expect(other.ask.send({ conversationId, parts: words('three') })).rejects.toEqual(code('NotFound'))
})

describe('drafts', () => {
  beforeEach(() => reopen({ spawnWorker: forkWorker }))
  const draft = { ...emptySavedDraft, text: 'What is' }
  const store = async (name: string, path = 'red-circle.png') =>
    app.attachments.store(name, createReadStream(join(testPorts(folder.path).paths.resources, 'samples', path)))

  test('are kept for each conversation and for the next one, and are there after a restart', async () => {
    expect(await client.drafts.get({ conversationId: null })).toEqual({
      draft: emptySavedDraft,
      attachments: [],
      lost: [],
    })
    const { conversationId } = await client.ask.send({ conversationId: null, parts: words('one') })
    const picture = await store('red.png')
    const marks = [{ type: 'point' as const, x: 0.5, y: 0.25, label: 'Point 1' }]
    const medium = { type: 'image' as const, sha: picture.sha, name: 'red.png', marks }
    const format = { name: 'Count', schema: '{"type": "integer"}' }
    await client.drafts.save({ conversationId: null, draft })
    await client.drafts.save({ conversationId, draft: { ...draft, media: [medium], format } })
    await client.drafts.save({ conversationId, draft: { ...draft, text: 'What was', media: [medium], format } })
    await reopen({ spawnWorker: forkWorker })
    expect((await client.drafts.get({ conversationId: null })).draft).toEqual(draft)
    expect(await client.drafts.get({ conversationId })).toEqual({
      draft: { ...draft, text: 'What was', media: [medium], format },
      attachments: [picture],
      lost: [],
    })
    await client.conversations.remove({ id: conversationId })
    expect((await client.drafts.get({ conversationId })).draft).toEqual(emptySavedDraft)
    await expect(client.drafts.save({ conversationId, draft })).rejects.toEqual(code('NotFound'))
  })

  test('are emptied when they are sent, save for what is compared with, and by nothing else', async () => {
    const { id, name } = await client.models.add({ textPath: '/a.gguf', projectorPath: null })
    const comparing = { ...draft, compareWith: { id, name } }
    await client.drafts.save({ conversationId: null, draft: comparing })
    await client.ask.send({ conversationId: null, parts: words('from the panel beside') })
    expect((await client.drafts.get({ conversationId: null })).draft).toEqual(comparing)
    const sent = await client.ask.send({ conversationId: null, parts: words('What is'), isDraft: true })
    expect((await client.drafts.get({ conversationId: null })).draft).toEqual(emptySavedDraft)
    const { conversationId } = sent
    expect((await client.drafts.get({ conversationId })).draft).toEqual({
      ...emptySavedDraft,
      compareWith: { id, name },
    })
    await client.models.remove({ id })
    expect((await client.drafts.get({ conversationId })).draft, 'a model that is gone').toEqual(emptySavedDraft)
  })

  test('hold their files, and say what is lost', async () => {
    const pictures = await Promise.all([store('red.png'), store('blue.png', 'blue-square.png')])
    const [held, framed] = pictures as [Attachment, Attachment]
    const free = await store('green.png', 'green-star.png')
    const media: SavedMedium[] = [
      { type: 'image', sha: held.sha, name: 'red.png' },
      { type: 'frames', name: 'Two', pictures: [held, framed].map(({ sha, name }) => ({ sha, name })) },
      { type: 'image', sha: 'f'.repeat(64), name: 'lost.png' },
    ]
    await client.drafts.save({ conversationId: null, draft: { ...draft, media } })
    await app.close()
    const dayBefore = Date.now() - 25 * 3_600_000
    const db = new SQLite(join(testPorts(folder.path).paths.data, 'sightline.db'))
    db.prepare('UPDATE attachments SET stored_at = ?').run(dayBefore)
    db.close()
    open({ spawnWorker: forkWorker })
    // what is not held any more is collected in the background after the start, before the app has closed
    await app.close()
    open({ spawnWorker: forkWorker })
    expect(app.attachments.get(free.sha)).toBeNull()
    const found = await client.drafts.get({ conversationId: null })
    expect(found.draft.media).toEqual(media.slice(0, 2))
    expect(found.attachments.map(({ sha }) => sha).sort()).toEqual([held.sha, framed.sha].sort())
    expect(found.lost).toEqual(['lost.png'])
  })
})

describe('models, settings and the engine', () => {
  test('the status tells of the demo model, and follows loading, failing and the choice', async () => {
    const status = await client.engine.watch()
    const next = async () => (await status.next()).value as EngineStatus
    expect(await next()).toMatchObject({
      state: 'off',
      modelId: 'demo',
      isDemo: true,
      notice: expect.stringContaining('tiny demo') as string,
    })
    expect(await client.engine.load()).toMatchObject({ state: 'ready', contextTokens: 4096, backend: 'Script' })
    expect(await next()).toMatchObject({ state: 'ready' })
    const added = await client.models.add({ textPath: '/a.gguf', projectorPath: '/b.gguf' })
    expect(await next()).toMatchObject({
      state: 'off',
      modelId: added.id,
      modelName: 'Scripted',
      isDemo: false,
      contextTokens: null,
    })
    engine.setState({
      state: 'failed',
      model: { textPath: '/a.gguf', projectorPath: '/b.gguf' },
      error: { code: 'OutOfMemory', message: 'Too large.' },
    })
    expect(await next()).toMatchObject({ state: 'failed', modelId: added.id, error: { code: 'OutOfMemory' } })
    await client.models.choose({ id: 'demo' })
    expect(await next()).toMatchObject({ state: 'off', modelId: 'demo', error: null })
  })

  test('the status tells how the chosen model runs, and nothing of another one or of one that failed', async () => {
    const free = 8e9
    const part = {
      device: 'CPU',
      weights: 4e8,
      projector: 3e8,
      kv: 1e8,
      picture: 5e7,
      overhead: 1.5e8,
      total: 1e9,
      free,
    }
    const how = {
      noGpuReason: 'CUDA: no NVIDIA driver was found',
      devices: [
        { name: 'CPU', description: 'A processor', kind: 'cpu', totalBytes: 16e9, freeBytes: free, isShared: true },
      ] as const,
      plan: {
        gpuLayers: 0,
        layers: 29,
        visionDevice: null,
        contextTokens: 4096,
        picturePixels: 1280 * 784,
        parts: [part],
        total: 1e9,
      },
      note: 'Memory ran out.',
      residentBytes: 9e8,
    }
    const unknown = { plan: null, note: null, residentBytes: null }
    const status = () => first(client.engine.watch())
    expect(await status()).toMatchObject({ ...unknown, noGpuReason: null, devices: [] })
    await client.engine.load()
    engine.setState(how)
    expect(await status()).toMatchObject({ state: 'ready', ...how })
    engine.setState({ state: 'failed', error: { code: 'OutOfMemory', message: 'Too large.' } })
    expect(await status()).toMatchObject({ state: 'failed', ...unknown, noGpuReason: how.noGpuReason })
    await client.engine.load()
    await client.models.add({ textPath: '/a.gguf', projectorPath: null })
    expect(await status()).toMatchObject({ state: 'off', ...unknown, devices: how.devices })
  })

  test('the choice and the settings outlive a restart', async () => {
    const added = await client.models.add({ textPath: '/a.gguf', projectorPath: null })
    await client.settings.update({ theme: 'dark' })
    await reopen()
    expect(await first(client.settings.watch())).toEqual({ ...defaultSettings, theme: 'dark', modelId: added.id })
    await client.models.remove({ id: added.id })
    expect((await client.models.list()).map((model) => model.id)).toEqual(['demo'])
    expect(await first(client.settings.watch())).toMatchObject({ modelId: null })
  })

  test('the chosen model and the models folder are no settings that a window may write', async () => {
    const before = await first(client.settings.watch())
    for (const change of [{ modelId: 'gone' }, { modelsFolder: '/elsewhere' }, { theme: 'dark', modelId: 'gone' }]) {
      const refused = await client.settings.update(change as SettingsChange).catch((error: unknown) => error)
      expect(refused, JSON.stringify(change)).toMatchObject({ code: 'InvalidInput' })
    }
    expect(await first(client.settings.watch())).toEqual(before)
  })

  test('a pair that fails its check is refused as the engine says', async () => {
    engine.check = () =>
      Promise.reject(new AppError('ProjectorMismatch', 'They differ.', { text: 128, projector: 256 }))
    const refused = await client.models
      .add({ textPath: '/a.gguf', projectorPath: '/b.gguf' })
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(AppError)
    expect((refused as AppError).toInfo()).toEqual({
      code: 'ProjectorMismatch',
      message: 'They differ.',
      detail: { text: 128, projector: 256 },
    })
  })
})

describe('the library', () => {
  /** Reads headers as the real engine does; everything else is scripted. */
  const withRealHeaders = (home: string, overrides: Partial<Ports> = {}) => {
    const headers = createEngine({ spawn: forkWorker, cachePath: folder.path })
    engine = new ScriptedEngine()
    engine.check = (model) => headers.inspect(model)
    engine.inspectFile = (path) => headers.inspectFile(path)
    app = createApp(testPorts(folder.path, overrides), { engine, surroundings: { home, env: {}, platform: 'linux' } })
    client = createMemoryClient(app.serve).client
  }
  const source = goldenModel('qwen2vl')
  async function result<T>(stream: Promise<AsyncIterable<{ result: T | null }>>): Promise<T> {
    let last: T | null = null
    for await (const event of await stream) last = event.result
    if (last === null) throw new Error('The stream ended without a result.')
    return last
  }

  test('a model of another program is found, copied, chosen, used, moved and deleted, and the list hears of it', async () => {
    await app.close()
    const home = join(folder.path, 'home')
    await mkdir(join(home, '.lmstudio/models/a/b'), { recursive: true })
    await copyFile(source.textPath, join(home, '.lmstudio/models/a/b/Qwen2-VL-F32.gguf'))
    await copyFile(source.projectorPath!, join(home, '.lmstudio/models/a/b/mmproj.gguf'))
    const revealed: string[] = []
    withRealHeaders(home, { files: { reveal: async (path) => void revealed.push(path) } })
    expect((await client.host.describe()).capabilities.reveal).toBe(true)
    const list = await client.library.watch()
    expect((await list.next()).value).toMatchObject([{ model: { id: 'demo' }, isCurrent: true }])

    const [found] = await client.library.scan({ path: null })
    expect(found).toMatchObject({ keeper: 'LM Studio', duplicateOf: null, problem: null })
    const {
      textPath,
      projectorPaths: [projectorPath],
    } = found!
    const { model } = await result(
      client.library.import({ textPath, projectorPath: projectorPath!, mode: 'copy', keeper: found!.keeper }),
    )
    await until(list, (models) => models[1]?.origin === 'LM Studio' && models[1].isOwned)
    expect(model.textPath.startsWith(join(folder.path, 'data', 'models'))).toBe(true)
    expect(await client.library.scan({ path: null })).toMatchObject([{ duplicateOf: model.id }])

    await client.library.rename({ id: model.id, name: '  Mine ' })
    const overrides = {
      ...noOverrides,
      placement: { contextTokens: 1024, gpuLayers: 3, kvType: 'q8_0' as const },
      maxTokens: 7,
      systemPrompt: 'Be brief.',
    }
    await client.library.changeOverrides({ id: model.id, change: overrides })
    await client.models.choose({ id: model.id })
    await client.settings.update({ systemPrompt: 'Be polite.', maxTokens: 9 })
    const sent = await client.ask.send({ conversationId: null, parts: words('Hello') })
    const answer = await engine.nextAnswer()
    expect(answer.request).toMatchObject({
      contextTokens: 1024,
      maxTokens: 7,
      context: { gpuLayers: 3, kvType: 'q8_0' },
      messages: [{ role: 'system', content: words('Be brief.') }, {}],
    })
    answer.finish()
    const used = await until(list, (models) => models[1]?.lastUsedAt != null)
    expect(used[1]).toMatchObject({ model: { name: 'Mine' }, isCurrent: true, overrides })
    expect(await client.library.uses({ id: model.id })).toEqual({ conversations: 1, titles: ['Hello'] })
    expect((await snapshot(sent.conversationId)).messages[1]?.model).toBe('Mine')

    expect(await result(client.library.verify({ id: model.id }))).toMatchObject({
      files: [{ digest: 'computed' }, { digest: 'computed' }],
    })
    const target = join(folder.path, 'elsewhere')
    expect(await result(client.library.moveFolder({ folder: target }))).toMatchObject({ folder: target })
    expect((await first(client.settings.watch())).modelsFolder).toBe(target)
    await client.library.reveal({ id: model.id })
    expect(revealed).toEqual([expect.stringContaining(target)])
    expect(await client.library.space()).toMatchObject({ folder: target, disks: [{ path: target }] })

    await app.close()
    withRealHeaders(home)
    expect((await client.models.list())[1]).toMatchObject({ id: model.id, name: 'Mine', textPath: revealed[0] })
    await expect(client.library.reveal({ id: model.id })).rejects.toEqual(code('NotYetSupported'))
    await client.library.remove({ id: model.id, files: true })
    expect(readdirSync(target)).toEqual([])
    expect((await client.models.list()).map(({ id }) => id)).toEqual(['demo'])
    await expect(client.library.remove({ id: 'demo', files: true })).rejects.toEqual(code('InvalidInput'))
  })

  test('copying that the window gives up leaves nothing', async () => {
    await app.close()
    withRealHeaders(folder.path)
    const abort = new AbortController()
    const stream = await client.library.import({ ...source, mode: 'copy' }, { signal: abort.signal })
    const ended = (async () => {
      for await (const event of stream) if (event.result) return 'imported'
      return 'ended'
    })().catch(() => 'stopped')
    abort.abort()
    expect(await ended).not.toBe('imported')
    await app.close()
    const left = existsSync(join(folder.path, 'data', 'models')) ? readdirSync(join(folder.path, 'data', 'models')) : []
    expect(left).toEqual([])
    withRealHeaders(folder.path)
    expect(await client.models.list()).toHaveLength(1)
  })

  test('input that makes no sense is refused before anything happens', async () => {
    await expect(client.library.rename({ id: 'demo', name: '  ' })).rejects.toEqual(code('InvalidInput'))
    await expect(client.library.setAdapter({ id: 'demo', path: '/a.gguf', scale: 11 })).rejects.toEqual(
      code('InvalidInput'),
    )
    await expect(client.library.changeOverrides({ id: 'demo', change: { maxTokens: 0 } })).rejects.toEqual(
      code('InvalidInput'),
    )
    await expect(result(client.library.moveFolder({ folder: 'relative' }))).rejects.toEqual(code('InvalidInput'))
    await expect(client.library.scan({ path: join(folder.path, 'gone') })).rejects.toEqual(code('ModelNotFound'))
    await expect(result(client.library.verify({ id: 'gone' }))).rejects.toEqual(code('NotFound'))
  })
})

describe('the data folder', () => {
  test('a second app on it is Busy; the first goes on', async () => {
    expect(() => createApp(testPorts(folder.path), { engine: new ScriptedEngine() })).toThrow(code('Busy'))
    expect(await client.models.list()).toHaveLength(1)
  })

  test('a damaged store is reported and kept', async () => {
    await app.close()
    const data = join(folder.path, 'data')
    writeFileSync(join(data, 'sightline.db'), 'gibberish '.repeat(2000))
    const before = readdirSync(data)
    expect(() => createApp(testPorts(folder.path), { engine: new ScriptedEngine() })).toThrow(code('StorageFailed'))
    expect(readdirSync(data)).toEqual(expect.arrayContaining(before.filter((name) => !/-(wal|shm)$/.test(name))))
    folder.remove()
    await mkdir(folder.path)
    open()
  })

  test('closing twice is one closing, ends the streams and marks the answer as interrupted', async () => {
    const sent = await client.ask.send({ conversationId: null, parts: words('one') })
    const events = await client.conversations.watch({ id: sent.conversationId })
    const answer = await engine.nextAnswer()
    answer.text('half')
    await until(events, (event) => event.type === 'text')
    expect(app.close()).toBe(app.close())
    await app.close()
    await answer.aborted
    open()
    expect((await snapshot(sent.conversationId)).messages[1]).toMatchObject({
      status: 'interrupted',
      error: { code: 'Interrupted' },
      parts: words('half'),
    })
  })
})

test('every text that was shown is in the store after SIGKILL, wherever it strikes', async () => {
  await app.close()
  const module = (name: string) => JSON.stringify(new URL(name, import.meta.url).href)
  const script = `
    import { createApp } from ${module('./app.ts')}
    import { answerUntilKilled } from ${module('./testing/answerUntilKilled.ts')}
    await answerUntilKilled(createApp, process.argv[1])`
  const shown = new Map<string, { conversationId: string; answerId: string; text: string }>()
  for (const lines of [1, 4, 9]) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let left = lines
    for await (const line of createInterface({ input: child.stdout })) {
      const { conversationId, answerId, offset, text } = JSON.parse(line) as {
        conversationId: string
        answerId: string
        offset: number
        text: string
      }
      const before = shown.get(answerId)?.text ?? ''
      expect(offset).toBe(before.length)
      shown.set(answerId, { conversationId, answerId, text: before + text })
      if (--left === 0) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    expect(child.signalCode).toBe('SIGKILL')
  }
  open()
  expect(shown.size).toBe(3)
  for (const { conversationId, text } of shown.values()) {
    const { messages } = await snapshot(conversationId)
    expect(messages[1]).toMatchObject({ status: 'interrupted', error: { code: 'Interrupted' } })
    expect((await texts(conversationId))[1]?.startsWith(text)).toBe(true)
    expect(text.length).toBeGreaterThan(0)
  }
})
