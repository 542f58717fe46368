import { join, resolve } from 'node:path'
import type { Profile } from '#contract'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createIdleWork } from '../../engine/index.ts'
import type { AnswerRequest, BatchEvent, IdleWork } from '../../engine/index.ts'
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
import { until } from '../../testing/until.ts'
import { createTitles } from './index.ts'
import type { Titles } from './index.ts'

let folder: ReturnType<typeof tempFolder>
let store: Store
let conversations: Conversations
let settings: SettingsService
let models: ModelList
let engine: ScriptedEngine
let idle: IdleWork
let naming: Titles
let profile: Profile | null
/** What the model was asked for titles, and how each ends. */
let asked: { readonly request: AnswerRequest; readonly signal: AbortSignal; write(title: string): void }[]

beforeEach(async () => {
  folder = tempFolder()
  store = openStore(folder.path)
  conversations = createConversations(store.db)
  settings = createSettings(store.db)
  engine = new ScriptedEngine()
  idle = createIdleWork((error) => {
    throw error
  })
  profile = null
  asked = []
  const choice = {
    get: () => settings.current.modelId,
    set: (modelId: string | null) => void settings.update({ modelId }),
  }
  const resources = resolve(import.meta.dirname, '../../../resources')
  models = createModelList({ db: store.db, resources, choice, inspect: (files) => engine.inspect(files) })
  engine.batch = async function* (_model, [request], { signal } = {}): AsyncGenerator<BatchEvent> {
    const { promise, resolve } = Promise.withResolvers<string | null>()
    signal?.addEventListener('abort', () => resolve(null))
    asked.push({ request: request!, signal: signal!, write: resolve })
    const title = await promise
    if (title === null) return
    yield { type: 'text', index: 0, text: title }
    const usage = { promptTokens: 1, imageTokens: 0, completionTokens: 1, cachedTokens: 0, contextTokens: 1 }
    const timings = { loadMs: 0, encodeMs: 0, prefillMs: 0, ttftMs: 0, tokensPerSecond: 0 }
    yield { type: 'done', index: 0, result: { tokens: [], promptIds: [], usage, timings, finishReason: 'stop' } }
  }
  naming = createTitles({ conversations, settings, models, profileOf: () => profile, engine, idle })
  await use(join(folder.path, 'own.gguf'))
})
afterEach(async () => {
  await idle.close()
  store.close()
  folder.remove()
})

/** Chooses a model of these files and has it in memory. */
async function use(textPath: string): Promise<void> {
  const { id } = await models.add({ textPath, projectorPath: null })
  models.choose(id)
  await engine.load({ textPath, projectorPath: null }, 4096)
}
/** A question with its whole answer; returns its conversation. */
function answered(question: string, into: string | null = null): string {
  const parts = [{ type: 'text' as const, text: question }]
  const sent = conversations.ask({ conversationId: into, parts, model: 'own' })
  conversations.append(sent.answerId, 'A red circle.')
  conversations.finish(sent.answerId, { status: 'complete' })
  naming.answered(sent.conversationId)
  return sent.conversationId
}
const titleIs = (id: string, title: string) => () => conversations.get(id).title === title

test('after the first answer the model gives a title in place of the first words of the question', async () => {
  const id = answered('What is in the picture, and what colour has it?')
  expect(asked[0]!.request).toMatchObject({ thinking: 'off', maxTokens: 32, sampling: { temperature: 0 } })
  expect(JSON.stringify(asked[0]!.request.messages)).toMatch(/what colour has it.*A red circle/)
  asked[0]!.write('"Red circle."')
  await until(titleIs(id, 'Red circle'))
  answered('And now?', id)
  await idle.close()
  expect(asked).toHaveLength(1)
})

test('what a person wrote is never replaced, also when it was written meanwhile', async () => {
  const id = answered('What is it?')
  conversations.rename(id, 'My circle')
  asked[0]!.write('Red circle')
  const other = answered('Where is it?')
  await until(() => asked.length === 2)
  expect(conversations.get(id).title).toBe('My circle')
  asked[1]!.write('Place')
  await until(titleIs(other, 'Place'))
})

test('it is dropped when a question comes, and written after that one', async () => {
  const id = answered('What is it?')
  const work = idle.attend(engine).prepare(asked[0]!.request)
  expect(asked[0]!.signal.aborted).toBe(true)
  expect(asked).toHaveLength(1)
  await work
  await until(() => asked.length === 2)
  asked[1]!.write('Red circle')
  await until(titleIs(id, 'Red circle'))
})

test.each([
  ['it is switched off', () => void settings.update({ titlesByModel: false })],
  ['the model is not in memory', () => engine.unload()],
  ['it is the demo model, which was not taught to', () => models.choose('demo')],
  ['it is a fine-tune with a form of its own', () => void (profile = { id: 'olmocr-2' } as Profile)],
  ['it always thinks first', () => engine.setState({ thinking: 'always' })],
])('no title is written where %s', async (_why, change) => {
  await change()
  const id = answered('What is it?')
  await idle.close()
  expect(asked).toHaveLength(0)
  expect(conversations.get(id).title).toBe('What is it?')
})

test('an imported conversation keeps its title', async () => {
  const whole = conversations.whole(answered('What is it?'))
  asked[0]!.write('Red circle')
  const conversation = { ...whole.conversation, id: 'from-elsewhere', title: 'Kept' }
  const messages = whole.messages.map((message) => ({ ...message, conversationId: 'from-elsewhere' }))
  conversations.add({ conversation, messages })
  naming.answered('from-elsewhere')
  await until(() => conversations.opening(whole.conversation.id) === null)
  await idle.close()
  expect(asked).toHaveLength(1)
  expect(conversations.get('from-elsewhere').title).toBe('Kept')
})
