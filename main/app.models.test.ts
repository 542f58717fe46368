import { existsSync, readdirSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { AppError, defaultSettings, noOverrides } from '#contract'
import type { EngineStatus, SettingsChange, VisionSetting } from '#contract'
import { createEngine } from './engine/index.ts'
import { forkWorker } from './nodePorts.ts'
import type { Ports } from './ports.ts'
import { serveHuggingFace, startSourceServer } from './services/catalogue/testing/sourceServer.ts'
import {
  app,
  client,
  code,
  engine,
  first,
  folder,
  open,
  reopen,
  snapshot,
  until,
  words,
} from './testing/coreTestbed.ts'
import { goldenModel } from './testing/engineGoldens.ts'
import { ScriptedEngine } from './testing/scriptedEngine.ts'

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
      vision: { how: 'llama.cpp, bf16', setting: 'balanced' } as const,
      note: 'Memory ran out.',
      residentBytes: 9e8,
    }
    const unknown = { plan: null, vision: null, note: null, residentBytes: null }
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

  test('how long pictures took in one way of looking tells nothing of another', async () => {
    const video = { width: 168, height: 112, frames: 30, fps: 30, startMs: 0, durationMs: 1000, codec: null }
    const encodeMs = async () => (await client.videos.plan({ of: video, range: null, taken: 0 })).encodeMs
    await client.engine.load()
    const looks = (setting: VisionSetting | null) =>
      engine.setState({ vision: { how: 'llama.cpp', setting }, encoding: { tokens: 24, ms: 500 } })
    looks('balanced')
    expect(await encodeMs()).toBe(1000)
    await client.settings.update({ vision: 'fastest' })
    expect(await encodeMs()).toBeNull()
    looks('fastest')
    expect(await encodeMs()).toBe(1000)
    await client.settings.update({ vision: 'exact' })
    looks(null)
    expect(await encodeMs(), 'a graphics card follows no choice').toBe(1000)
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
    const engine = new ScriptedEngine()
    engine.check = (model) => headers.inspect(model)
    engine.inspectFile = (path) => headers.inspectFile(path)
    open(overrides, { engine, surroundings: { home, env: {}, platform: 'linux' } })
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
