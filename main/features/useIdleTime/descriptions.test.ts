import { resolve } from 'node:path'
import type { ImageAttachment, Profile, Sha256 } from '#contract'
import { AppError } from '#contract'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createIdleWork } from '../../engine/index.ts'
import type { BatchEvent, Engine, IdleWork } from '../../engine/index.ts'
import { openStore } from '../../lib/database/index.ts'
import type { Store } from '../../lib/database/index.ts'
import { createConversations } from '../../services/conversations/index.ts'
import type { Conversations } from '../../services/conversations/index.ts'
import { createModelList } from '../../services/models/modelList.ts'
import type { ModelList } from '../../services/models/index.ts'
import { createSettings } from '../../services/settings/index.ts'
import type { SettingsService } from '../../services/settings/index.ts'
import { ScriptedEngine } from '../../testing/scriptedEngine.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { QUIET_MS, createDescriptions } from './descriptions.ts'
import type { Descriptions } from './descriptions.ts'

let folder: ReturnType<typeof tempFolder>
let store: Store
let conversations: Conversations
let settings: SettingsService
let models: ModelList
let scripted: ScriptedEngine
let engine: Engine
let idle: IdleWork
let descriptions: Descriptions
let profile: Profile | null
let failures: unknown[]
/** Pictures that the model is asked about, by their digits, and how each ends: null: it is never told. */
let asked: {
  readonly of: string
  readonly signal: AbortSignal | undefined
  say(what: string | AppError | null): void
}[]

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  folder = tempFolder()
  store = openStore(folder.path)
  conversations = createConversations(store.db)
  settings = createSettings(store.db)
  scripted = new ScriptedEngine()
  failures = []
  idle = createIdleWork((error) => failures.push(error))
  engine = idle.attend(scripted)
  profile = null
  asked = []
  const choice = { get: () => settings.current.modelId, set: () => {} }
  const resources = resolve(import.meta.dirname, '../../../resources')
  models = createModelList({ db: store.db, resources, choice, inspect: (files) => scripted.inspect(files) })
  scripted.batch = async function* (_model, [request], { signal } = {}): AsyncGenerator<BatchEvent> {
    const { promise, resolve } = Promise.withResolvers<string | AppError | null>()
    signal?.addEventListener('abort', () => resolve(null))
    const [part] = request!.messages[0]!.content
    const source = part?.type === 'image' && 'digest' in part.source ? part.source.digest : ''
    asked.push({ of: source!.slice(0, 1), signal, say: resolve })
    const said = await promise
    if (said === null) return
    if (said instanceof AppError) yield { type: 'failed', index: 0, error: said.toInfo() }
    else yield { type: 'text', index: 0, text: said }
  }
  const attachments = {
    get: (sha: Sha256) => attachmentOf(sha.slice(0, 1)),
    pathOf: (sha: Sha256) => `/attachments/${sha}`,
  }
  descriptions = createDescriptions({
    ...{ conversations, settings, models, attachments, engine: scripted, asked: engine, idle },
    profileOf: () => profile,
  })
  const { textPath, projectorPath } = models.current()
  await engine.load({ textPath, projectorPath }, 4096)
  for (const digit of ['a', 'b'])
    conversations.ask({ conversationId: null, parts: [{ type: 'image', attachment: attachmentOf(digit) }], model: 'x' })
})
afterEach(async () => {
  await idle.close()
  vi.useRealTimers()
  store.close()
  folder.remove()
})

const attachmentOf = (digit: string): ImageAttachment => ({
  ...{ sha: digit.repeat(64), kind: 'image', mime: 'image/png', name: `${digit}.png`, bytes: 1, width: 56, height: 28 },
})
const described = () => conversations.gallery.list('all', 0, 10).items.map(({ description }) => description)
/** Lets what was said be stored, and what follows begin. */
const settle = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}
const switchOn = () => settings.update({ describePictures: true })

test('pictures are described one by one once nothing was asked for a while, what was shown last first', async () => {
  switchOn()
  vi.advanceTimersByTime(QUIET_MS - 1)
  expect(asked).toHaveLength(0)
  vi.advanceTimersByTime(1)
  expect(asked.map(({ of }) => of)).toEqual(['b'])
  asked[0]!.say('An <|object_ref_start|>owl<|object_ref_end|><|box_start|>(1,2),(3,4)<|box_end|>.')
  await settle()
  expect(asked.map(({ of }) => of)).toEqual(['b', 'a'])
  asked[1]!.say('A heron.')
  await settle()
  expect(asked).toHaveLength(2)
  expect(described()).toEqual(['An owl.', 'A heron.'])
  expect(failures).toEqual([])
})

test('one is dropped at once when something is asked, and described after the next pause', async () => {
  switchOn()
  vi.advanceTimersByTime(QUIET_MS)
  await engine.unload()
  expect(asked[0]!.signal?.aborted).toBe(true)
  await settle()
  expect(described()).toEqual([null, null])
  vi.advanceTimersByTime(QUIET_MS)
  expect(asked).toHaveLength(1)
  const { textPath, projectorPath } = models.current()
  await engine.load({ textPath, projectorPath }, 4096)
  vi.advanceTimersByTime(QUIET_MS)
  expect(asked.map(({ of }) => of)).toEqual(['b', 'b'])
  expect(failures).toEqual([])
})

test('one that cannot be described is passed over', async () => {
  switchOn()
  vi.advanceTimersByTime(QUIET_MS)
  asked[0]!.say(new AppError('DamagedMedia', 'Torn.'))
  await settle()
  expect(asked.map(({ of }) => of)).toEqual(['b', 'a'])
  asked[1]!.say(' ')
  await settle()
  vi.advanceTimersByTime(2 * QUIET_MS)
  expect(asked).toHaveLength(2)
  expect(failures).toMatchObject([{ code: 'DamagedMedia' }, { code: 'EngineFailed' }])
})

test('nothing is described while it is off, without a model in memory, or by a fine-tune', async () => {
  vi.advanceTimersByTime(2 * QUIET_MS)
  profile = { id: 'olmocr-2' } as Profile
  switchOn()
  vi.advanceTimersByTime(2 * QUIET_MS)
  expect(asked).toHaveLength(0)
  const one = descriptions.procedures.describe({ sha: 'a'.repeat(64) }, { signal: new AbortController().signal })
  await expect(one).rejects.toMatchObject({ code: 'InvalidInput' })
})
