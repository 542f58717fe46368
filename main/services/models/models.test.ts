import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError, Model } from '#contract'
import { openStore } from '../../lib/database/index.ts'
import type { Store } from '../../lib/database/index.ts'
import { createModels, demoModelId } from './index.ts'
import type { InspectModel } from './index.ts'

const resources = resolve(import.meta.dirname, '../../../resources')
let folder: string
let store: Store
let chosen: string | null
let inspect: InspectModel

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-models-'))
  store = openStore(folder)
  chosen = null
  inspect = async () => ({ name: 'Qwen2-VL 2B', trainedContext: 32768, bytes: 123 })
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

const open = () =>
  createModels({ db: store.db, resources, choice: { get: () => chosen, set: (id) => void (chosen = id) }, inspect: (files) => inspect(files) })
const pair = { textPath: '/models/text.gguf', projectorPath: '/models/mmproj.gguf' }

test('without a choice the demo model answers, greedy, with its own picture budget and a notice', () => {
  const model = open().current()
  expect(Model.parse(model)).toEqual(model)
  expect(model).toMatchObject({ id: demoModelId, isDemo: true, defaults: { budget: { minPixels: 3136, maxPixels: 12544 }, contextTokens: 4096, maxTokens: 256, sampling: { temperature: 0 } } })
  expect(model.notice).toContain('colours and shapes')
  expect(model.bytes).toBeGreaterThan(3_000_000)
})

test('an added pair is checked, chosen, remembered, and the same pair is one model', async () => {
  const added = await open().add(pair)
  expect(Model.parse(added)).toEqual(added)
  expect(added).toMatchObject({ name: 'Qwen2-VL 2B', bytes: 123, isDemo: false, notice: null, defaults: { contextTokens: 8192, maxTokens: 2048, budget: { minPixels: 256 * 784, maxPixels: 1280 * 784 } } })
  expect(chosen).toBe(added.id)
  expect((await open().add(pair)).id).toBe(added.id)
  expect((await open().add({ ...pair, projectorPath: null })).id).not.toBe(added.id)
  expect(open().list().map((model) => model.isDemo)).toEqual([true, false, false])
})

test('a model trained for a short context is not given more', async () => {
  inspect = async () => ({ name: 'short', trainedContext: 2048, bytes: 1 })
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
