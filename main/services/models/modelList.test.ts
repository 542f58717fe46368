import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { AppError, Model, noOverrides } from '#contract'
import SQLite from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate, openStore } from '../../lib/database/index.ts'
import type { Store } from '../../lib/database/index.ts'
import { migrations } from '../../lib/database/migrations/index.ts'
import { createConversations } from '../conversations/index.ts'
import { demoModelId } from './demo.ts'
import type { InspectModel, ModelFacts } from './index.ts'
import { createModelList } from './modelList.ts'

const resources = resolve(import.meta.dirname, '../../../resources')
let folder: string
let store: Store
let chosen: string | null
let inspect: InspectModel

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-models-'))
  store = openStore(folder)
  chosen = null
  inspect = async ({ textPath }) => facts(textPath)
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

const facts = (textPath: string, overrides: Partial<ModelFacts> = {}): ModelFacts => ({
  name: 'Qwen2-VL 2B',
  family: 'qwen2vl',
  quantization: 'Q4_K_M',
  projectorQuantization: 'F16',
  trainedContext: 32768,
  bytes: 123,
  textPaths: [textPath],
  ...overrides,
})
const open = () =>
  createModelList({
    db: store.db,
    resources,
    choice: { get: () => chosen, set: (id) => void (chosen = id) },
    inspect: (files) => inspect(files),
    now: () => 1000,
  })
const pair = { textPath: '/models/text.gguf', projectorPath: '/models/mmproj.gguf' }

test('without a choice the demo model answers, greedy, with its own picture budget and a notice', () => {
  const model = open().current()
  expect(Model.parse(model)).toEqual(model)
  expect(model).toMatchObject({
    id: demoModelId,
    isDemo: true,
    defaults: {
      budget: { minPixels: 3136, maxPixels: 18816 },
      contextTokens: 4096,
      maxTokens: 256,
      sampling: { temperature: 0 },
    },
  })
  expect(model.notice).toContain('simple drawings and videos')
  expect(model.bytes).toBeGreaterThan(3_000_000)
})

test('an added pair is checked, chosen, remembered, and the same pair is one model', async () => {
  const added = await open().add(pair)
  expect(Model.parse(added)).toEqual(added)
  expect(added).toMatchObject({
    name: 'Qwen2-VL 2B',
    bytes: 123,
    isDemo: false,
    notice: null,
    defaults: { contextTokens: 8192, maxTokens: 2048, budget: { minPixels: 256 * 784, maxPixels: 1280 * 784 } },
  })
  expect(chosen).toBe(added.id)
  expect((await open().add(pair)).id).toBe(added.id)
  expect((await open().add({ ...pair, projectorPath: null })).id).not.toBe(added.id)
  expect(
    open()
      .list()
      .map((model) => model.isDemo),
  ).toEqual([true, false, false])
})

test('a model trained for a short context is not given more', async () => {
  inspect = async ({ textPath }) => facts(textPath, { name: 'short', trainedContext: 2048 })
  expect((await open().add(pair)).defaults.contextTokens).toBe(2048)
})

test('a pair that fails its check is not remembered and the choice stays', async () => {
  inspect = () => Promise.reject(new AppError('ProjectorMismatch', 'These files do not belong together.'))
  await expect(open().add(pair)).rejects.toMatchObject({ code: 'ProjectorMismatch' })
  expect(open().list()).toHaveLength(1)
  expect(chosen).toBeNull()
})

test('adding the demo files chooses the demo model', async () => {
  const demo = open().current()
  await open().add(pair)
  expect((await open().add({ textPath: demo.textPath, projectorPath: demo.projectorPath })).id).toBe(demoModelId)
  expect(chosen).toBeNull()
})

test('removing the chosen model goes back to the demo model; the demo model stays', async () => {
  const models = open()
  const added = await models.add(pair)
  models.remove(added.id)
  expect(models.current().id).toBe(demoModelId)
  expect(() => models.remove(added.id)).toThrow(expect.objectContaining({ code: 'NotFound' }))
  expect(() => models.remove(demoModelId)).toThrow(expect.objectContaining({ code: 'InvalidInput' }))
  expect(() => models.choose('unknown')).toThrow(expect.objectContaining({ code: 'NotFound' }))
})

test('a choice that is not known any more counts as the demo model', () => {
  chosen = 'gone'
  expect(open().current().id).toBe(demoModelId)
})

test('what the user chose for a model is kept, and wins when it is the chosen one', async () => {
  const models = open()
  const { id } = await models.add(pair)
  const placement = { contextTokens: 2048, gpuLayers: 12, kvType: 'q8_0' as const }
  models.registry.changeOverrides(id, { placement, systemPrompt: 'Be brief.' })
  models.registry.setName(id, 'Mine')
  expect(open().chosen()).toMatchObject({
    model: { id, name: 'Mine' },
    contextTokens: 2048,
    context: { gpuLayers: 12, kvType: 'q8_0' },
    overrides: { systemPrompt: 'Be brief.', maxTokens: null },
    adapters: [],
  })
  models.choose(demoModelId)
  expect(models.chosen()).toMatchObject({ contextTokens: 4096, context: {}, overrides: noOverrides })
  models.setContext(id, 4096)
  expect(models.registry.entry(id).overrides.placement).toEqual({ ...placement, contextTokens: 4096 })
  expect(() => models.registry.setName('gone', 'x')).toThrow(expect.objectContaining({ code: 'NotFound' }))
})

test('overrides that a damaged store holds count as none', async () => {
  const { id } = await open().add(pair)
  const keep = (stored: string) => store.db.prepare('UPDATE models SET overrides = ? WHERE id = ?').run(stored, id)
  keep('{"maxTokens": "many"}')
  expect(open().chosen().overrides).toEqual(noOverrides)
  // before there was a choice of prompts
  const { rawPrompt, ...earlier } = { ...noOverrides, maxTokens: 5 }
  keep(JSON.stringify(earlier))
  expect(open().chosen().overrides).toEqual({ ...earlier, rawPrompt })
})

test('a model knows when it was used and where it answered last', async () => {
  const conversations = createConversations(store.db)
  const ask = (conversationId: string | null) =>
    conversations.ask({ conversationId, parts: [{ type: 'text', text: 'Hello' }], model: 'any' }).conversationId
  const [first, second] = [ask(null), ask(null)]
  const models = open()
  const { id } = await models.add(pair)
  for (const conversation of [first, second]) models.used(id, conversation)
  models.used(demoModelId, second)
  expect(models.registry.conversations(id)).toEqual([first])
  expect(models.registry.conversations(demoModelId)).toEqual([second])
  expect(models.registry.entry(id)).toMatchObject({ addedAt: 1000, lastUsedAt: 1000 })
  conversations.remove(first)
  expect(models.registry.conversations(id)).toEqual([])
  models.remove(id)
  models.used(id, second)
  expect(models.registry.conversations(demoModelId)).toEqual([second])
})

test('a model that was made of a catalogue entry is found by it; the source vouches for its files', async () => {
  const [textPath, projectorPath] = [join(folder, 'a.gguf'), join(folder, 'b.gguf')]
  writeFileSync(textPath, 'text')
  writeFileSync(projectorPath, 'vision')
  const models = open()
  const about = {
    name: 'Qwen2-VL 2B (Q4_K_M)',
    origin: { label: 'Hugging Face · Qwen/x', entryId: 'qwen2-vl-2b', quantization: 'Q4_K_M' },
    verified: new Map([[textPath, 'aa']]),
  }
  const { id } = await models.register({ textPath, projectorPath }, about)
  expect(chosen, 'it is not chosen by that').toBeNull()
  expect(models.madeOf('qwen2-vl-2b', 'Q4_K_M')).toBe(id)
  expect(models.madeOf('qwen2-vl-2b', 'Q8_0')).toBeNull()
  expect((await models.register({ textPath, projectorPath }, about)).id, 'told twice is one model').toBe(id)
  const entry = open().registry.entry(id)
  expect(entry).toMatchObject({
    model: { name: 'Qwen2-VL 2B (Q4_K_M)', bytes: 10 },
    origin: about.origin,
    quantization: 'Q4_K_M',
    projectorQuantization: 'F16',
  })
  expect(entry.files).toMatchObject([
    { path: textPath, role: 'text', bytes: 4, sha256: 'aa', sourceSha256: 'aa', digest: 'verified' },
    { path: projectorPath, role: 'projector', bytes: 6, sha256: null, digest: 'unknown' },
  ])
})

test('models of an earlier version are taken over with their files and the conversations they answered in', () => {
  store.close()
  rmSync(folder, { recursive: true })
  folder = mkdtempSync(join(tmpdir(), 'sightline-models-'))
  const db = new SQLite(join(folder, 'sightline.db'))
  migrate(db, migrations.slice(0, 5))
  db.exec(`
    INSERT INTO models (id, name, text_path, projector_path, bytes, trained_context) VALUES ('m', 'Old', '/a.gguf', '/b.gguf', 10, 4096), ('n', 'Bare', '/c.gguf', NULL, 3, 100);
    INSERT INTO conversations (id, title, created_at, updated_at, leaf_id) VALUES ('c1', 'One', 1, 1, 'a1'), ('c2', 'Two', 1, 1, 'a3');
    INSERT INTO messages (id, conversation_id, role, status, model, created_at) VALUES
      ('a1', 'c1', 'assistant', 'complete', 'Old', 1), ('a2', 'c2', 'assistant', 'complete', 'Old', 1), ('a3', 'c2', 'assistant', 'complete', 'Bare', 1);`)
  db.close()
  store = openStore(folder)
  const { registry, list } = open()
  expect(list()).toMatchObject([
    { id: demoModelId },
    { id: 'm', name: 'Old', textPath: '/a.gguf', projectorPath: '/b.gguf', bytes: 10 },
    { id: 'n', projectorPath: null, bytes: 3 },
  ])
  expect(registry.entry('m')).toMatchObject({
    quantization: null,
    origin: { label: 'This computer' },
    lastUsedAt: null,
    overrides: noOverrides,
  })
  expect(registry.entry('m').addedAt).toBeGreaterThan(0)
  expect([registry.conversations('m'), registry.conversations('n')]).toEqual([['c1'], ['c2']])
})

test('the demo model follows the app when it moves, and keeps its digests while it stays', () => {
  const { registry } = open()
  const [file] = registry.entry(demoModelId).files
  registry.setDigest(demoModelId, file!.path, 'aa', 'computed')
  expect(open().registry.entry(demoModelId).files[0]).toMatchObject({ sha256: 'aa', digest: 'computed' })
  const elsewhere = createModelList({
    db: store.db,
    resources: join(folder, 'moved'),
    choice: { get: () => null, set: () => {} },
    inspect,
  })
  expect(elsewhere.current().textPath).toBe(join(folder, 'moved', 'demo-model', 'demo-text-f16.gguf'))
  expect(elsewhere.registry.entry(demoModelId).files).toMatchObject([
    { role: 'text', sha256: null, digest: 'unknown' },
    { role: 'projector' },
  ])
})
