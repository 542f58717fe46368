import { copyFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { AppError, ConversationEvent, Message, Part, Profile, QuestionPart } from '#contract'
import { afterEach, beforeEach, expect } from 'vitest'
import { openStore } from '../../../lib/database/index.ts'
import type { Store } from '../../../lib/database/index.ts'
import type { EventStream } from '../../../lib/events.ts'
import { createConversations } from '../../../services/conversations/index.ts'
import type { Conversations } from '../../../services/conversations/index.ts'
import { createDrafts } from '../../../services/drafts/index.ts'
import { createAttachments } from '../../../services/media/attachments/attachments.ts'
import { createFrameSets } from '../../../services/media/frames/frameSets.ts'
import type { FrameMedia } from '../../../services/media/frames/types.ts'
import type { AttachmentGateway, FrameSets } from '../../../services/media/index.ts'
import type { ModelList } from '../../../services/models/index.ts'
import { createModelList } from '../../../services/models/modelList.ts'
import { createSettings } from '../../../services/settings/index.ts'
import type { SettingsService } from '../../../services/settings/index.ts'
import { ScriptedEngine } from '../../../testing/scriptedEngine.ts'
import { tempFolder } from '../../../testing/tempFolder.ts'
import { createAsk, createComposing } from '../index.ts'
import type { Ask, Composing, SecondModel } from '../index.ts'

/** Asking with real parts but for the engines, opened anew for each test of the file that imports this. */
let folder: ReturnType<typeof tempFolder>
export let store: Store
export let engine: ScriptedEngine
/** The second model's engine, behind what `ask` sees of comparing. */
export let secondEngine: ScriptedEngine
export let second: SecondModel
export let models: ModelList
export let conversations: Conversations
export let settings: SettingsService
export let attachments: AttachmentGateway
let frames: FrameSets
export let ask: Ask
export let composing: Composing
let profileOf: (modelId: string) => Profile | null = () => null

/** Has every model asked with a profile, or each with its own, until the end of the test. */
export const askWith = (given: Profile | ((modelId: string) => Profile | null)): void =>
  void (profileOf = typeof given === 'function' ? given : () => given)

beforeEach(() => {
  folder = tempFolder()
  open()
})
afterEach(() => {
  profileOf = () => null
  store.close()
  folder.remove()
})

/** Opens all of it on what is stored: once more, as after a restart. */
export function open(): void {
  store = openStore(folder.path)
  engine = new ScriptedEngine()
  secondEngine = new ScriptedEngine()
  second = {
    makeWay: async () => {},
    async *answer(request, { first, ...options }) {
      await first
      yield* secondEngine.answer(request, options)
    },
    end: async () => {},
  }
  conversations = createConversations(store.db)
  settings = createSettings(store.db)
  const media = {
    probe: async () => ({ kind: 'image' as const, mime: 'image/png', width: 56, height: 28 }),
    thumbnail: async (from: string, _name: string, target: string) =>
      copyFile(from, target).then(() => ({ mime: 'image/png', notes: [] })),
    view: async (from: string, _name: string, target: string) => copyFile(from, target).then(() => 'image/png'),
  }
  attachments = createAttachments({ database: store.db, folder: join(folder.path, 'attachments'), media })
  frames = createFrameSets({ folder: join(folder.path, 'frames'), media: rawMedia, keepPoster: async () => {} })
  const choice = {
    get: () => settings.current.modelId,
    set: (modelId: string | null) => void settings.update({ modelId }),
  }
  models = createModelList({
    db: store.db,
    resources: resolve(import.meta.dirname, '../../../../resources'),
    choice,
    inspect: (files) => engine.inspect(files),
  })
  composing = createComposing({ drafts: createDrafts(store.db), attachments, conversations, models })
  ask = createAsk({
    ...{ conversations, drafts: composing, settings, models, attachments, frames, engine, second },
    profileOf: ({ model }) => profileOf(model.id),
  })
}

/** A part of words. */
export const textPart = (text: string): QuestionPart => ({ type: 'text', text })
/** Sends a question of words. */
export const question = (text: string, conversationId: string | null = null) =>
  ask.send({ conversationId, parts: [textPart(text)] })
/** A stored picture to be sent. */
export async function picture(content: string): Promise<Extract<QuestionPart, { type: 'image' }>> {
  const { sha } = await attachments.store(
    `${content}.png`,
    (async function* () {
      yield Buffer.from(content)
    })(),
  )
  return { type: 'image', sha, name: `my ${content}.png` }
}

/** What a message says, media by their names. */
export const textOf = (message: Message) => message.parts.map(saidOf).join('')
const saidOf = (part: Part) =>
  part.type === 'text'
    ? part.text
    : part.type === 'reasoning'
      ? `<${part.text}>`
      : `[${part.type === 'frames' ? part.name : part.attachment.name}]`
/** Keeps frames as they came. */
const rawMedia: FrameMedia = {
  frame: (from, _raw, _size, target) => copyFile(from, target),
  poster: async () => 'image/webp',
}

/** Rows of a table. */
export const count = (table: string) => store.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()
/** An error with a code. */
export const code = (value: string) => expect.objectContaining({ code: value }) as AppError

/** Reads events until one matches. */
export async function until(
  stream: EventStream<ConversationEvent>,
  matches: (event: ConversationEvent) => boolean,
): Promise<ConversationEvent[]> {
  const events: ConversationEvent[] = []
  for (;;) {
    const { value, done } = await stream.next()
    if (done) throw new Error(`The stream ended after ${JSON.stringify(events)}`)
    events.push(value)
    if (matches(value)) return events
  }
}

/** The end of an answer. */
export const ended = (event: ConversationEvent) =>
  event.type === 'message' && event.message.role === 'assistant' && event.message.status !== 'streaming'
/** Whether a stored message says a text by now. */
export const textIs = (id: string, text: string) => () => textOf(conversations.message(id)) === text
