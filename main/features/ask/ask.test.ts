import { copyFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '#contract'
import type { ConversationEvent, DraftPart, Message, Part } from '#contract'
import { openStore } from '../../lib/database/index.ts'
import type { Store } from '../../lib/database/index.ts'
import type { EventStream } from '../../lib/eventStream.ts'
import { createAttachments } from '../../services/attachments/index.ts'
import type { AttachmentGateway } from '../../services/attachments/index.ts'
import { createConversations } from '../../services/conversations/index.ts'
import type { Conversations } from '../../services/conversations/index.ts'
import { createModels } from '../../services/models/index.ts'
import type { Models } from '../../services/models/index.ts'
import { createSettings } from '../../services/settings/index.ts'
import { createFrameSets } from '../../services/videos/index.ts'
import type { FrameMedia, FrameSets } from '../../services/videos/index.ts'
import type { SettingsService } from '../../services/settings/index.ts'
import { ScriptedEngine } from '../../testing/scriptedEngine.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createAsk } from './index.ts'
import type { Ask, SecondModel } from './index.ts'

let folder: ReturnType<typeof tempFolder>
let store: Store
let engine: ScriptedEngine
/** The second model's engine, behind what `ask` sees of comparing. */
let secondEngine: ScriptedEngine
let second: SecondModel
let models: Models
let conversations: Conversations
let settings: SettingsService
let attachments: AttachmentGateway
let frames: FrameSets
let ask: Ask

beforeEach(() => {
  folder = tempFolder()
  open()
})
afterEach(() => {
  store.close()
  folder.remove()
})

function open(): void {
  store = openStore(folder.path)
  engine = new ScriptedEngine()
  secondEngine = new ScriptedEngine()
  second = {
    makeWay: async () => {},
    async *answer(request, { first, ...options }) {
      await first
      yield* secondEngine.answer(request, options)
    },
  }
  conversations = createConversations(store.db)
  settings = createSettings(store.db)
  const media = {
    probe: async () => ({ kind: 'image' as const, mime: 'image/png', width: 56, height: 28 }),
    thumbnail: async (from: string, _name: string, target: string) => copyFile(from, target).then(() => 'image/png'),
  }
  attachments = createAttachments({ database: store.db, folder: join(folder.path, 'attachments'), media })
  frames = createFrameSets({ folder: join(folder.path, 'frames'), media: rawMedia, keepPoster: async () => {} })
  const choice = { get: () => settings.current.modelId, set: (modelId: string | null) => void settings.update({ modelId }) }
  models = createModels({ db: store.db, resources: resolve(import.meta.dirname, '../../../resources'), choice, inspect: (files) => engine.inspect(files) })
  ask = createAsk({ conversations, settings, models, attachments, frames, engine, second })
}

const words = (text: string): DraftPart => ({ type: 'text', text })
const question = (text: string, conversationId: string | null = null) => ask.send({ conversationId, parts: [words(text)] })
async function picture(content: string): Promise<Extract<DraftPart, { type: 'image' }>> {
  const { sha } = await attachments.store(`${content}.png`, (async function* () { yield Buffer.from(content) })())
  return { type: 'image', sha, name: `my ${content}.png` }
}
const said = (message: Message) => message.parts.map(saidOf).join('')
const saidOf = (part: Part) => (part.type === 'text' ? part.text : `[${part.type === 'frames' ? part.name : part.attachment.name}]`)
/** Keeps frames as they came. */
const rawMedia: FrameMedia = { frame: (from, _raw, _size, target) => copyFile(from, target), poster: async () => 'image/webp' }
const count = (table: string) => store.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()
const code = (value: string) => expect.objectContaining({ code: value }) as AppError

/** Reads events until one matches. */
async function until(stream: EventStream<ConversationEvent>, matches: (event: ConversationEvent) => boolean): Promise<ConversationEvent[]> {
  const events: ConversationEvent[] = []
  for (;;) {
    const { value, done } = await stream.next()
    if (done) throw new Error(`The stream ended after ${JSON.stringify(events)}`)
    events.push(value)
    if (matches(value)) return events
  }
}
const ended = (event: ConversationEvent) => event.type === 'message' && event.message.role === 'assistant' && event.message.status !== 'streaming'
const textIs = (id: string, text: string) => () => said(conversations.message(id)) === text

describe('an answer', () => {
  test('goes from progress over text to its figures, and is stored as it was shown', async () => {
    const sent = question('What is it?')
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    expect(answer.options.conversationId).toBe(sent.conversationId)
    answer.progress({ phase: 'prefill', done: 1, total: 2 })
    answer.text('A red')
    answer.text(' circle')
    answer.text('.')
    answer.finish()
    const events = await until(stream, ended)
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i))
    expect(events[1]).toMatchObject({ type: 'progress', progress: { phase: 'prefill' } })
    const text = events.flatMap((event) => (event.type === 'text' ? [event] : []))
    expect(text.map((event) => event.text).join('')).toBe('A red circle.')
    expect(text.length, 'text that came at once is sent in batches').toBeLessThan(3)
    expect(conversations.message(sent.answerId)).toMatchObject({ status: 'complete', model: 'Demo model', usage: { completionTokens: 3 }, timings: { ttftMs: 4 } })
    expect(said(conversations.message(sent.answerId))).toBe('A red circle.')
  })

  test('is on the disk before anyone sees it', async () => {
    const sent = question('Count')
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    let shown = ''
    for (const digit of '0123456789') {
      answer.text(digit)
      const event = (await until(stream, (each) => each.type === 'text')).at(-1)
      shown += event?.type === 'text' ? event.text : ''
      expect(said(conversations.message(sent.answerId)).startsWith(shown)).toBe(true)
    }
    expect(shown).toBe('0123456789')
    answer.finish()
  })

  test('at the token limit counts as complete', async () => {
    const sent = question('Tell me everything')
    const stream = conversations.watch(sent.conversationId)
    ;(await engine.nextAnswer()).finish({ finishReason: 'length' })
    await until(stream, ended)
    expect(conversations.message(sent.answerId).status).toBe('complete')
  })

  test('that the engine fails in the middle keeps its text and says why; retry answers anew beside it', async () => {
    const sent = question('What is it?')
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    answer.text('A bl')
    answer.fail(new AppError('EngineCrashed', 'The model stopped.', { signal: 'SIGSEGV' }))
    await until(stream, ended)
    const failed = conversations.message(sent.answerId)
    expect([failed.status, said(failed), failed.error]).toEqual(['failed', 'A bl', { code: 'EngineCrashed', message: 'The model stopped.', detail: { signal: 'SIGSEGV' } }])

    const again = ask.retry({ messageId: sent.answerId })
    expect(again).toMatchObject({ conversationId: sent.conversationId, userMessageId: sent.userMessageId })
    const second = await engine.nextAnswer()
    expect(second.request.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'What is it?' }] }])
    second.text('A blue star')
    second.finish()
    await until(stream, ended)
    expect(conversations.message(again.answerId).siblings).toEqual([sent.answerId, again.answerId])
    expect(said(conversations.message(again.answerId))).toBe('A blue star')
    expect(said(conversations.message(sent.answerId))).toBe('A bl')
  })

  test('that fails with something unexpected is failed, and one without a result too', async () => {
    const first = question('one')
    let stream = conversations.watch(first.conversationId)
    ;(await engine.nextAnswer()).fail(new TypeError('x is not a function'))
    await until(stream, ended)
    expect(conversations.message(first.answerId).error).toEqual({ code: 'EngineFailed', message: 'x is not a function' })

    engine.answer = async function* () {}
    const second = question('two')
    stream = conversations.watch(second.conversationId)
    await until(stream, ended)
    expect(conversations.message(second.answerId)).toMatchObject({ status: 'failed', error: { code: 'EngineFailed' } })
  })

  test('that the disk has no room for ends as failed for its watchers, and as interrupted after a restart', async () => {
    const sent = question('Fill the disk')
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    answer.text('fits')
    await until(stream, textIs(sent.answerId, 'fits'))
    const pages = store.db.pragma('page_count', { simple: true }) as number
    store.db.pragma(`max_page_count = ${pages}`)
    answer.text('x'.repeat(1_000_000))
    const last = (await until(stream, ended)).at(-1)
    expect(last).toMatchObject({ message: { status: 'failed', error: { code: 'StorageFailed', message: expect.stringContaining('disk is full') as string } } })
    expect(last?.type === 'message' && said(last.message)).toBe('fits')
    await answer.aborted
    store.close()
    open()
    expect(['failed', 'interrupted']).toContain(conversations.message(sent.answerId).status)
    expect(said(conversations.message(sent.answerId))).toBe('fits')
  })
})

describe('stop', () => {
  test('keeps the text so far and returns when the engine has stopped', async () => {
    const sent = question('Tell a story')
    const answer = await engine.nextAnswer()
    answer.text('Once upon')
    engine.stopsOnAbort = false
    let stopped = false
    const stopping = ask.stop({ messageId: sent.answerId }).then(() => (stopped = true))
    await answer.aborted
    answer.text(' a time')
    expect(stopped).toBe(false)
    answer.finish({ finishReason: 'aborted' })
    await stopping
    expect(conversations.message(sent.answerId)).toMatchObject({ status: 'stopped', error: null })
    expect(said(conversations.message(sent.answerId))).toBe('Once upon a time')
  })

  test('of an answer that waits its turn does not disturb the one that runs', async () => {
    const first = question('one')
    const running = await engine.nextAnswer()
    const second = question('two')
    await ask.stop({ messageId: second.answerId })
    expect(conversations.message(second.answerId).status).toBe('stopped')
    const stream = conversations.watch(first.conversationId)
    running.text('still here')
    running.finish()
    await until(stream, ended)
    expect(said(conversations.message(first.answerId))).toBe('still here')
  })

  test('counts as stopped also when the engine crashes over it', async () => {
    const sent = question('one')
    engine.stopsOnAbort = false
    const answer = await engine.nextAnswer()
    const stopping = ask.stop({ messageId: sent.answerId })
    answer.fail()
    await stopping
    expect(conversations.message(sent.answerId)).toMatchObject({ status: 'stopped', error: null })
  })

  test('of an ended answer returns at once; of an unknown one is NotFound', async () => {
    const sent = question('one')
    await ask.stop({ messageId: sent.answerId })
    await ask.stop({ messageId: sent.answerId })
    await expect(ask.stop({ messageId: 'nothing' })).rejects.toEqual(code('NotFound'))
  })
})

describe('what is refused', () => {
  test('an empty question, and nothing is stored', () => {
    for (const parts of [[words('')], [words('  \n\t ')], [words(''), words(' ')]]) {
      expect(() => ask.send({ conversationId: null, parts })).toThrow(code('EmptyQuestion'))
    }
    expect(count('conversations')).toBe(0)
  })

  test('an unknown picture or one whose file is gone, and nothing is stored', async () => {
    const unknown: DraftPart = { type: 'image', sha: 'f'.repeat(64), name: 'lost.png' }
    expect(() => ask.send({ conversationId: null, parts: [words('?'), unknown] })).toThrow(code('NotFound'))
    const known = await picture('gone')
    await rm(attachments.pathOf(known.sha))
    expect(() => ask.send({ conversationId: null, parts: [words('?'), known] })).toThrow(code('NotFound'))
    expect(count('conversations')).toBe(0)
  })

  test('unknown conversations and messages', () => {
    expect(() => question('?', 'nowhere')).toThrow(code('NotFound'))
    expect(() => ask.retry({ messageId: 'nothing' })).toThrow(code('NotFound'))
    expect(count('messages')).toBe(0)
  })

  test('a second question or a retry while the answer runs; not once it has ended', async () => {
    const sent = question('one')
    expect(() => question('two', sent.conversationId)).toThrow(code('Busy'))
    expect(() => ask.retry({ messageId: sent.userMessageId })).toThrow(code('Busy'))
    expect(count('messages')).toBe(2)
    const stream = conversations.watch(sent.conversationId)
    ;(await engine.nextAnswer()).finish()
    await until(stream, ended)
    expect(question('two', sent.conversationId).conversationId).toBe(sent.conversationId)
  })
})

describe('a full context', () => {
  const full = new AppError('ContextFull', 'Full.', { needed: 9000, context: 4096, remedy: 'turns' })
  /** Every text and picture counts as much as it says. */
  const countEach = (perText: number, perPicture: (part: { maxPixels?: number }, usual: number) => number) => {
    engine.tokens = async ({ messages, budget }) => ({
      total: messages.flatMap(({ content }) => content.map((part) => (part.type === 'text' ? perText : perPicture(part as { maxPixels?: number }, budget.maxPixels)))).reduce((sum, n) => sum + n, 0),
    })
  }
  const texts = (request: { messages: readonly { content: readonly object[] }[] }) => request.messages.flatMap(({ content }) => content.map((part) => ('text' in part ? part.text : '[picture]')))
  const exchange = async (id: string | null, said: string) => {
    const sent = question(said, id)
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    answer.text(`${said}!`)
    answer.finish()
    await until(stream, ended)
    return sent.conversationId
  }

  test('leaves out the oldest messages when asked to, and goes on without them', async () => {
    const id = await exchange(null, 'one')
    await exchange(id, 'two')
    await exchange(id, 'three')
    const sent = question('four', id)
    const stream = conversations.watch(id)
    ;(await engine.nextAnswer()).fail(full)
    const [failed] = (await until(stream, ended)).slice(-1)
    expect(failed).toMatchObject({ message: { status: 'failed', error: { code: 'ContextFull' } } })

    countEach(1000, () => 0)
    const again = await ask.remedy({ messageId: sent.answerId, remedy: 'turns' })
    const answer = await engine.nextAnswer()
    expect(texts(answer.request)).toEqual(['three', 'three!', 'four'])
    answer.text('four!')
    answer.finish()
    await until(stream, ended)
    expect(conversations.message(again.answerId).leftOut).toBe(4)
    question('five', id)
    const next = await engine.nextAnswer()
    expect(texts(next.request)).toEqual(['three', 'three!', 'four', 'four!', 'five'])
    next.finish()
    await until(stream, ended)
    expect(conversations.path(again.answerId)).toHaveLength(8)
  })

  test('gives the pictures less detail when asked to, from then on', async () => {
    const part = await picture('large')
    const sent = ask.send({ conversationId: null, parts: [part, words('What?')] })
    const stream = conversations.watch(sent.conversationId)
    ;(await engine.nextAnswer()).fail(full)
    await until(stream, ended)
    const { maxPixels: usual } = (await import('../../services/models/demo.ts')).demoModel('').defaults.budget
    countEach(10, ({ maxPixels }, most) => Math.round(((maxPixels ?? most) / usual) * 12_000))
    const again = await ask.remedy({ messageId: sent.answerId, remedy: 'detail' })
    const budget = { minPixels: 784, maxPixels: usual / 4 }
    const answer = await engine.nextAnswer()
    expect(answer.request.messages[0]!.content[0]).toMatchObject(budget)
    answer.finish()
    await until(stream, ended)
    expect(conversations.message(again.userMessageId).parts[0]).toMatchObject({ type: 'image', budget })
  })

  test('raises the context when asked to, from then on', async () => {
    const sent = question('long')
    const stream = conversations.watch(sent.conversationId)
    ;(await engine.nextAnswer()).fail(full)
    await until(stream, ended)
    countEach(9000, () => 0)
    await ask.remedy({ messageId: sent.answerId, remedy: 'context' })
    const answer = await engine.nextAnswer()
    expect(answer.request.contextTokens).toBe(10_240)
    answer.finish()
    await until(stream, ended)
  })

  test('says so when that does not help, and changes nothing', async () => {
    const part = await picture('large')
    const sent = ask.send({ conversationId: null, parts: [part, words('What?')] })
    const stream = conversations.watch(sent.conversationId)
    ;(await engine.nextAnswer()).fail(full)
    await until(stream, ended)
    countEach(9000, () => 9000)
    const before = conversations.path(sent.answerId)
    for (const remedy of ['turns', 'detail'] as const) await expect(ask.remedy({ messageId: sent.answerId, remedy })).rejects.toThrow(code('ContextFull'))
    expect(conversations.path(sent.answerId)).toEqual(before)
  })
})

test('what the model sees is stored with the answer before its first word', async () => {
  const sent = ask.send({ conversationId: null, parts: [await picture('one'), words('What?')] })
  const stream = conversations.watch(sent.conversationId)
  const answer = await engine.nextAnswer()
  const seen = { family: 'qwen2vl' as const, media: [{ width: 112, height: 56, frames: 1, tokens: 8 }] }
  answer.seen(seen)
  await until(stream, (event) => event.type === 'message' && event.message.seen !== null)
  expect(conversations.message(sent.answerId)).toMatchObject({ seen, status: 'streaming' })
  answer.finish()
  await until(stream, ended)
})

describe('what the engine is asked', () => {
  test('a picture with the detail that was chosen for it, also when it is asked about again', async () => {
    const budget = { minPixels: 784, maxPixels: 7840 }
    const part = { ...(await picture('one')), budget }
    const first = ask.send({ conversationId: null, parts: [part, words('What?')] })
    const stream = conversations.watch(first.conversationId)
    const one = await engine.nextAnswer()
    expect(one.request.messages[0]?.content[0]).toEqual({ type: 'image', source: { path: attachments.pathOf(part.sha) }, ...budget })
    one.fail()
    await until(stream, ended)
    ask.retry({ messageId: first.userMessageId })
    const two = await engine.nextAnswer()
    expect(two.request.messages[0]?.content[0]).toMatchObject(budget)
    two.fail()
    await until(stream, ended)
  })

  test('the path with pictures in their places, answers as they are, and empty ones left out', async () => {
    const [left, right] = [await picture('left'), await picture('right')]
    const first = ask.send({ conversationId: null, parts: [words('Compare '), left, words(''), words(' with '), right] })
    const stream = conversations.watch(first.conversationId)
    const one = await engine.nextAnswer()
    const image = (part: { sha: string }) => ({ type: 'image', source: { path: attachments.pathOf(part.sha) } })
    const asked = [{ type: 'text', text: 'Compare ' }, image(left), { type: 'text', text: ' with ' }, image(right)]
    expect(one.request.messages).toEqual([{ role: 'user', content: asked }])
    one.text('Left is')
    one.fail()
    await until(stream, ended)

    question('And?', first.conversationId)
    const two = await engine.nextAnswer()
    two.fail()
    await until(stream, ended)

    settings.update({ systemPrompt: 'Be brief.' })
    ask.send({ conversationId: first.conversationId, parts: [left] })
    const three = await engine.nextAnswer()
    expect(three.request.messages).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
      { role: 'user', content: asked },
      { role: 'assistant', content: [{ type: 'text', text: 'Left is' }] },
      { role: 'user', content: [{ type: 'text', text: 'And?' }] },
      { role: 'user', content: [image(left)] },
    ])
    expect(conversations.get(first.conversationId).title).toBe('Compare with')
    expect(said(conversations.message(first.userMessageId))).toBe('Compare [my left.png] with [my right.png]')
  })

  test('a picture with what was drawn on it', async () => {
    const marks: Extract<DraftPart, { type: 'image' }>['marks'] = [{ type: 'box', x1: 0.1, y1: 0.2, x2: 0.3, y2: 0.4, label: 'Box 1' }]
    const sent = ask.send({ conversationId: null, parts: [{ ...(await picture('one')), marks }, words('What is in it?')] })
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    expect(answer.request.messages[0]?.content[0]).toMatchObject({ type: 'image', marks })
    answer.fail()
    await until(stream, ended)
    expect(conversations.message(sent.userMessageId).parts[0]).toMatchObject({ marks })
  })

  test('an answer of the format that was chosen for the question, of each model and with every retry; not of others', async () => {
    const compareWith = (await models.register({ textPath: '/models/other.gguf', projectorPath: null }, { name: 'Other' })).id
    const format = { name: 'Count', schema: '{"type": "object", "properties": {"count": {"type": "integer"}}}' }
    const held = { jsonSchema: JSON.parse(format.schema) as object }
    const sent = ask.send({ conversationId: null, parts: [words('How many?')], format, compareWith })
    const stream = conversations.watch(sent.conversationId)
    const end = async (...answers: { finish: () => void }[]) => {
      for (const answer of answers) {
        answer.finish()
        await until(stream, ended)
      }
    }
    const one = await engine.nextAnswer()
    one.progress({ phase: 'prefill', done: 0, total: 1 })
    const two = await secondEngine.nextAnswer()
    for (const { request } of [one, two]) expect(request.format).toEqual(held)
    await end(one, two)

    ask.retry({ messageId: sent.answerId })
    const again = await engine.nextAnswer()
    expect(again.request.format).toEqual(held)
    await end(again)

    question('And why?', sent.conversationId)
    const next = await engine.nextAnswer()
    expect(next.request.format).toBeUndefined()
    await end(next)
    expect(ask.recentFormats()).toEqual([format])
  })

  test('no format that an answer cannot be held to; nothing is stored then', () => {
    for (const schema of ['{', '[]', '{"type": "string", "pattern": "a"}'])
      expect(() => ask.send({ conversationId: null, parts: [words('What?')], format: { name: 'Own', schema } }), schema).toThrow(code('InvalidInput'))
    expect(count('messages')).toBe(0)
  })

  test("the model's defaults, and the user's settings over them", async () => {
    question('one')
    const defaults = (await engine.nextAnswer()).request
    expect(defaults).toMatchObject({ budget: { minPixels: 4 * 784, maxPixels: 24 * 784 }, contextTokens: 4096, maxTokens: 256, sampling: { temperature: 0 } })
    expect(defaults.model.textPath).toMatch(/demo-text-f16\.gguf$/)
    ask.close()
    const mine = { budget: { minPixels: 784, maxPixels: 7840 }, maxTokens: 7, sampling: { temperature: 1, topP: 0.5, topK: 3, minP: 0.1, repeatPenalty: 1.2, seed: 42 } }
    settings.update(mine)
    question('two')
    expect((await engine.nextAnswer()).request).toMatchObject({ ...mine, contextTokens: 4096 })
  })

  test('questions of different conversations one after the other', async () => {
    const first = question('one')
    const second = question('two')
    const one = await engine.nextAnswer()
    const stream = conversations.watch(second.conversationId)
    expect((await stream.next()).value).toMatchObject({ progress: { [second.answerId]: { phase: 'waiting' } } })
    one.text('eins')
    one.finish()
    const two = await engine.nextAnswer()
    expect(two.options.conversationId).toBe(second.conversationId)
    two.text('zwei')
    two.finish()
    await until(stream, ended)
    expect([first, second].map((sent) => said(conversations.message(sent.answerId)))).toEqual(['eins', 'zwei'])
  })
})

describe('an answer beside another', () => {
  const underWay = { phase: 'prefill', done: 0, total: 1 } as const
  let compareWith: string
  beforeEach(async () => {
    compareWith = (await models.register({ textPath: '/models/other.gguf', projectorPath: null }, { name: 'Other' })).id
  })
  const compared = (text: string, conversationId: string | null = null) => {
    const sent = ask.send({ conversationId, parts: [words(text)], compareWith })
    return { ...sent, besideId: sent.besideId as string }
  }
  const bothEnded = () => {
    const seen = new Set<string>()
    return (event: ConversationEvent) => ended(event) && event.type === 'message' && seen.add(event.message.id).size === 2
  }

  test('is given by the other model to the same question, at the same time, each stored and shown as it comes', async () => {
    const sent = compared('What is it?')
    const stream = conversations.watch(sent.conversationId)
    const one = await engine.nextAnswer()
    one.progress(underWay)
    const two = await secondEngine.nextAnswer()
    expect(one.request.model.textPath).toMatch(/demo-text-f16/)
    expect(two.request.model).toEqual({ textPath: '/models/other.gguf', projectorPath: null })
    expect(two.request.messages).toEqual(one.request.messages)
    expect(two.options.conversationId).toBe(sent.conversationId)
    two.text('a ring')
    await until(stream, textIs(sent.besideId, 'a ring'))
    one.text('a circle')
    await until(stream, textIs(sent.answerId, 'a circle'))
    expect(conversations.message(sent.besideId)).toMatchObject({ status: 'streaming', model: 'Other', beside: sent.answerId })
    two.finish()
    one.finish()
    const events = await until(stream, bothEnded())
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + events[0]!.seq))
    for (const id of [sent.answerId, sent.besideId]) expect(conversations.message(id)).toMatchObject({ status: 'complete', timings: { ttftMs: 4 } })
  })

  test('begins when the first has its model and pictures, or has ended', async () => {
    const sent = compared('one')
    const stream = conversations.watch(sent.conversationId)
    const one = await engine.nextAnswer()
    const began = secondEngine.nextAnswer()
    let hasBegun = false
    void began.then(() => (hasBegun = true))
    one.progress({ phase: 'loading', done: 50, total: 100 })
    one.progress({ phase: 'encoding', done: 0, total: 1 })
    await until(stream, (event) => event.type === 'progress' && event.progress.phase === 'encoding')
    await new Promise(setImmediate)
    expect(hasBegun).toBe(false)
    one.fail()
    ;(await began).finish()
    await until(stream, bothEnded())
    expect([sent.answerId, sent.besideId].map((id) => conversations.message(id).status)).toEqual(['failed', 'complete'])
  })

  test('that fails leaves the first alone, and the other way round', async () => {
    const outOfMemory = new AppError('OutOfMemory', 'Too large.', { needed: 9, free: 1 })
    const sent = compared('one')
    const stream = conversations.watch(sent.conversationId)
    const one = await engine.nextAnswer()
    one.progress(underWay)
    ;(await secondEngine.nextAnswer()).fail(outOfMemory)
    await until(stream, ended)
    one.text('eins')
    one.finish()
    await until(stream, ended)
    expect(conversations.message(sent.besideId)).toMatchObject({ status: 'failed', error: { code: 'OutOfMemory', detail: { needed: 9, free: 1 } } })
    expect(conversations.message(sent.answerId)).toMatchObject({ status: 'complete', error: null })
  })

  test('is stopped together with the first, by the id of either', async () => {
    for (const which of ['answerId', 'besideId'] as const) {
      const sent = compared('Tell a story')
      const one = await engine.nextAnswer()
      one.progress(underWay)
      one.text('Once')
      const two = await secondEngine.nextAnswer()
      two.text('There')
      await ask.stop({ messageId: sent[which] })
      expect([sent.answerId, sent.besideId].map((id) => conversations.message(id)).map((message) => [message.status, said(message)])).toEqual([
        ['stopped', 'Once'],
        ['stopped', 'There'],
      ])
    }
  })

  test('is stopped also before the first is under way', async () => {
    const sent = compared('one')
    await engine.nextAnswer()
    await ask.stop({ messageId: sent.answerId })
    expect([sent.answerId, sent.besideId].map((id) => conversations.message(id).status)).toEqual(['stopped', 'stopped'])
  })

  test('keeps a further question waiting until both have ended; it sees only the path', async () => {
    const sent = compared('one')
    const stream = conversations.watch(sent.conversationId)
    const one = await engine.nextAnswer()
    one.text('eins')
    one.finish()
    await until(stream, ended)
    const two = await secondEngine.nextAnswer()
    two.text('uno')
    expect(() => compared('two', sent.conversationId)).toThrow(code('Busy'))
    two.finish()
    await until(stream, ended)

    const next = compared('two', sent.conversationId)
    const path = (answer: string) => [
      { role: 'user', content: [words('one')] },
      { role: 'assistant', content: [words(answer)] },
      { role: 'user', content: [words('two')] },
    ]
    const asked = await engine.nextAnswer()
    expect(asked.request.messages).toEqual(path('eins'))
    asked.finish()
    const beside = await secondEngine.nextAnswer()
    expect(beside.request.messages).toEqual(path('eins'))
    beside.finish()
    await until(stream, bothEnded())

    conversations.selectBranch(sent.besideId)
    question('two', next.conversationId)
    const other = await engine.nextAnswer()
    expect(other.request.messages).toEqual(path('uno'))
    other.finish()
    await until(stream, ended)
  })

  test('comes again with a retry, as a new pair, and not without being asked for', async () => {
    const sent = compared('one')
    const stream = conversations.watch(sent.conversationId)
    const end = async () => {
      ;(await engine.nextAnswer()).finish()
      ;(await secondEngine.nextAnswer()).finish()
      await until(stream, bothEnded())
    }
    await end()
    const again = ask.retry({ messageId: sent.besideId, compareWith })
    await end()
    expect(again.besideId).not.toBeNull()
    expect(conversations.message(again.answerId).siblings).toEqual([sent.answerId, again.answerId])
    const alone = ask.retry({ messageId: again.answerId })
    expect(alone.besideId).toBeNull()
    ;(await engine.nextAnswer()).finish()
    await until(stream, ended)
  })

  test('by an unknown model is NotFound, and nothing is stored', () => {
    expect(() => ask.send({ conversationId: null, parts: [words('one')], compareWith: 'nothing' })).toThrow(code('NotFound'))
    expect(count('conversations')).toBe(0)
  })

  test('is interrupted with its text when the app closes, and discarded with its conversation', async () => {
    const sent = compared('one')
    const one = await engine.nextAnswer()
    one.text('half')
    const two = await secondEngine.nextAnswer()
    two.text('demi')
    await until(conversations.watch(sent.conversationId), textIs(sent.besideId, 'demi'))
    ask.close()
    expect([sent.answerId, sent.besideId].map((id) => conversations.message(id)).map((message) => [message.status, said(message)])).toEqual([
      ['interrupted', 'half'],
      ['interrupted', 'demi'],
    ])
    const gone = compared('two')
    const first = await engine.nextAnswer()
    first.progress(underWay)
    const beside = await secondEngine.nextAnswer()
    await ask.discard(gone.conversationId)
    await Promise.all([first.aborted, beside.aborted])
    conversations.remove(gone.conversationId)
  })

  test('has the second model make way before the first answers', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    second.makeWay = ({ textPath }) => (textPath.endsWith('demo-text-f16.gguf') ? promise : Promise.reject(new Error(textPath)))
    question('one')
    let began = false
    const answer = engine.nextAnswer().then((it) => {
      began = true
      return it
    })
    await new Promise(setImmediate)
    expect(began).toBe(false)
    resolve()
    ;(await answer).finish()
  })
})

describe('count', () => {
  test('gives each part its exact tokens, and the conversation those before the draft', async () => {
    const left = await picture('left')
    engine.tokens = async ({ messages }) => {
      expect(messages.at(-1)?.content.map((part) => part.type)).toEqual(['image', 'text'])
      return { lastMessage: [16, 5], total: 121 }
    }
    const counted = await ask.count({ conversationId: null, parts: [left, words(''), words('What?')] })
    expect(counted).toEqual({ parts: [16, 0, 5], conversation: 100, context: 4096 })
  })

  test('of an empty draft counts the conversation, and asks nothing without one', async () => {
    engine.tokens = () => Promise.reject(new Error('not to be asked'))
    expect(await ask.count({ conversationId: null, parts: [] })).toEqual({ parts: [], conversation: 0, context: 4096 })
    const sent = question('one')
    engine.tokens = async ({ messages }) => ({ lastMessage: messages.map(() => 7), total: 50 })
    expect(await ask.count({ conversationId: sent.conversationId, parts: [words('')] })).toEqual({ parts: [0], conversation: 50, context: 4096 })
  })
})

describe('prepare', () => {
  test('a newer draft of the same conversation takes the place of the one before; others stay', async () => {
    const signals: AbortSignal[] = []
    engine.prepare = (_, { signal } = {}) =>
      new Promise((_resolve, reject) => {
        signals.push(signal as AbortSignal)
        signal?.addEventListener('abort', () => reject(new AppError('Interrupted', 'stopped')))
      })
    const sent = question('elsewhere')
    const first = ask.prepare({ conversationId: null, parts: [words('a')] })
    const elsewhere = ask.prepare({ conversationId: sent.conversationId, parts: [words('b')] })
    const second = ask.prepare({ conversationId: null, parts: [words('ab')] })
    await expect(first).rejects.toEqual(code('Interrupted'))
    expect(signals.map((signal) => signal.aborted)).toEqual([true, false, false])
    question('ab')
    await expect(second).rejects.toEqual(code('Interrupted'))
    ask.close()
    await expect(elsewhere).rejects.toEqual(code('Interrupted'))
  })

  test('asks nothing for an empty draft without a conversation', async () => {
    engine.prepare = () => Promise.reject(new Error('not to be asked'))
    expect(await ask.prepare({ conversationId: null, parts: [] })).toBeUndefined()
  })

  test('ends with its caller, and passes on what the engine says', async () => {
    const caller = new AbortController()
    engine.prepare = (_, { signal } = {}) => new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new AppError('Interrupted', 'stopped'))))
    const preparing = ask.prepare({ conversationId: null, parts: [words('a')] }, caller.signal)
    caller.abort()
    await expect(preparing).rejects.toEqual(code('Interrupted'))
    engine.prepare = () => Promise.reject(new AppError('ContextFull', 'Too long.', { needed: 5000, free: 4096 }))
    await expect(ask.prepare({ conversationId: null, parts: [words('a')] })).rejects.toEqual(code('ContextFull'))
  })
})

describe('the end of a conversation and of the app', () => {
  test('a conversation that is removed while its answer streams stops the engine', async () => {
    const sent = question('one')
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    answer.text('half')
    await until(stream, textIs(sent.answerId, 'half'))
    await ask.discard(sent.conversationId)
    conversations.remove(sent.conversationId)
    await answer.aborted
    const events = await until(stream, (event) => event.type === 'removed')
    expect(events.map((event) => event.type)).toEqual(['removed'])
    expect(count('messages')).toBe(0)
  })

  test('closing keeps the text so far as interrupted, with text that nobody saw yet, and does not wait for the engine', async () => {
    const sent = question('one')
    const stream = conversations.watch(sent.conversationId)
    engine.stopsOnAbort = false
    const answer = await engine.nextAnswer()
    answer.text('shown')
    await until(stream, textIs(sent.answerId, 'shown'))
    answer.text(' and waiting')
    await new Promise(setImmediate)
    ask.close()
    answer.text(' too late')
    answer.finish()
    await new Promise(setImmediate)
    const message = conversations.message(sent.answerId)
    expect([message.status, message.error?.code, said(message)]).toEqual(['interrupted', 'Interrupted', 'shown and waiting'])
  })
})
