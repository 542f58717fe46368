import { AppError, Profile } from '#contract'
import type { QuestionPart } from '#contract'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  ask,
  askWith,
  code,
  conversations,
  count,
  ended,
  engine,
  open,
  picture,
  store,
  textIs,
  textOf,
  until,
} from './testing/testbed.ts'

const seen = (width: number) => ({ family: 'qwen2vl' as const, media: [{ width, height: 28, frames: 1, tokens: 2 }] })
const reader = Profile.parse({
  id: 'reader',
  name: 'Reader',
  parser: 'markdown',
  system: 'You read.',
  jobs: [
    { id: 'page', label: 'Read the page', prompt: 'Read this.', pages: 'each' },
    { id: 'table', label: 'Read the table', prompt: 'Read this table.' },
  ],
})
beforeEach(() => {
  askWith(reader)
})

const pictures = async (count: number): Promise<QuestionPart[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => picture(`page ${i + 1}`)))
/** Reads three pages: answers the first and begins the second. */
async function begin() {
  const sent = ask.send({ conversationId: null, parts: await pictures(3), job: 'page' })
  const first = await engine.nextAnswer()
  first.seen(seen(28))
  first.text('One')
  first.finish()
  const second = await engine.nextAnswer()
  second.seen(seen(56))
  second.text('Tw')
  await until(conversations.watch(sent.conversationId), textIs(sent.answerId, 'One\n\f\nTw'))
  return { sent, second }
}
/** The name of the picture that a question shows. */
const shown = ({ request }: Awaited<ReturnType<typeof engine.nextAnswer>>) =>
  request.messages.at(-1)!.content.flatMap((part) => (part.type === 'image' ? [part.source.name] : []))

describe('pages that are read one by one', () => {
  test('are asked one after another into one answer, which says what it is read with', async () => {
    const sent = ask.send({ conversationId: null, parts: await pictures(2), job: 'page' })
    const stream = conversations.watch(sent.conversationId)
    for (const [n, words] of ['One', 'Two'].entries()) {
      const answer = await engine.nextAnswer()
      expect(shown(answer)).toEqual([`my page ${n + 1}.png`])
      expect(answer.request.messages[0]).toEqual({ role: 'system', content: [{ type: 'text', text: 'You read.' }] })
      answer.seen(seen(28 * (n + 1)))
      answer.progress({ phase: 'encoding', done: 0, total: 1 })
      answer.text(words)
      answer.finish()
    }
    const events = await until(stream, ended)
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'progress', progress: { phase: 'reading', done: 1, total: 2 } }),
    )
    const answer = conversations.message(sent.answerId)
    expect([answer.status, textOf(answer)]).toEqual(['complete', 'One\n\f\nTwo\n\f\n'])
    expect(answer.seen).toMatchObject({ profile: { parser: 'markdown' }, media: [{ width: 28 }, { width: 56 }] })
    expect(answer.usage).toMatchObject({ completionTokens: 6 })
  })

  test('keep what is there when they are stopped, and go on in the same answer', async () => {
    const { sent } = await begin()
    await ask.stop({ messageId: sent.answerId })
    expect(conversations.message(sent.answerId)).toMatchObject({ status: 'stopped' })
    const stream = conversations.watch(sent.conversationId)
    expect(ask.goOn({ messageId: sent.answerId }).answerId).toBe(sent.answerId)
    expect(() => ask.goOn({ messageId: sent.answerId })).toThrow(code('Busy'))
    for (const words of ['Two', 'Three']) {
      const answer = await engine.nextAnswer()
      answer.text(words)
      answer.finish()
    }
    await until(stream, ended)
    const answer = conversations.message(sent.answerId)
    expect([answer.status, textOf(answer)]).toEqual(['complete', 'One\n\f\nTwo\n\f\nThree\n\f\n'])
    expect(answer.seen?.media).toHaveLength(2)
    expect(() => ask.goOn({ messageId: sent.answerId })).toThrow(code('InvalidInput'))
  })

  test('go on after the app was closed', async () => {
    const { sent } = await begin()
    ask.close()
    store.close()
    open()
    expect(conversations.message(sent.answerId)).toMatchObject({ status: 'interrupted' })
    const stream = conversations.watch(sent.conversationId)
    ask.goOn({ messageId: sent.answerId })
    const asked: unknown[] = []
    for (const words of ['Two', 'Three']) {
      const answer = await engine.nextAnswer()
      asked.push(...shown(answer))
      answer.text(words)
      answer.finish()
    }
    await until(stream, ended)
    expect(asked).toEqual(['my page 2.png', 'my page 3.png'])
    expect(textOf(conversations.message(sent.answerId))).toBe('One\n\f\nTwo\n\f\nThree\n\f\n')
  })

  test('are not gone on with by another profile, nor once the conversation has', async () => {
    const { sent } = await begin()
    await ask.stop({ messageId: sent.answerId })
    askWith({ ...reader, id: 'other' })
    expect(() => ask.goOn({ messageId: sent.answerId })).toThrow(code('InvalidInput'))
    askWith(reader)
    const next = ask.send({ conversationId: sent.conversationId, parts: [{ type: 'text', text: 'And?' }] })
    const stream = conversations.watch(sent.conversationId)
    ;(await engine.nextAnswer()).finish()
    await until(stream, ended)
    expect(next.conversationId).toBe(sent.conversationId)
    expect(() => ask.goOn({ messageId: sent.answerId })).toThrow(code('InvalidInput'))
  })

  test('are prepared page by page: nothing goes before them, and each has a context of its own', async () => {
    engine.tokens = async () => ({ lastMessage: [10, 10, 10, 4], total: 40, context: 4096 })
    const counted = await ask.count({ conversationId: null, parts: await pictures(3), job: 'page' })
    expect(counted).toMatchObject({ conversation: 0, context: 3 * 4096 })
    let prepared = 0
    engine.prepare = async (request) => {
      prepared = request.messages.at(-1)!.content.filter(({ type }) => type === 'image').length
      return { lastMessage: [], total: 0, text: 0, pictures: 0, video: 0, context: 0 }
    }
    await ask.prepare({ conversationId: null, parts: await pictures(3), job: 'page' })
    expect(prepared).toBe(1)
  })

  test('are kept with their question as such; the answer to another job goes on as words', async () => {
    const { sent } = await begin()
    await ask.stop({ messageId: sent.answerId })
    expect(conversations.message(sent.userMessageId).job).toEqual({ id: 'page', label: 'Read the page', pages: 'each' })
    const other = ask.send({ conversationId: null, parts: await pictures(1), job: 'table' })
    ;(await engine.nextAnswer()).text('a')
    await until(conversations.watch(other.conversationId), textIs(other.answerId, 'a'))
    await ask.stop({ messageId: other.answerId })
    expect(conversations.message(other.userMessageId).job).toEqual({ id: 'table', label: 'Read the table' })
    ask.goOn({ messageId: other.answerId })
    expect((await engine.nextAnswer()).request.begun).toMatchObject({ text: 'a' })
  })

  test('are not held to a format: that is refused, and nothing is stored', async () => {
    const format = { name: 'a list', schema: '{"type":"array"}' }
    const parts = await pictures(2)
    expect(() => ask.send({ conversationId: null, parts, job: 'page', format })).toThrow(
      '"Read the page" reads pages as they are, so its answer cannot be held to "a list".',
    )
    expect(count('messages')).toBe(0)
  })

  test('have the context each for itself when it is full', async () => {
    const full = new AppError('ContextFull', 'Full.', { needed: 9000, context: 4096 })
    const sent = ask.send({ conversationId: null, parts: await pictures(3), job: 'page' })
    const stream = conversations.watch(sent.conversationId)
    for (let n = 0; n < 3; n++) (await engine.nextAnswer()).fail(full)
    await until(stream, ended)
    const usual = (part: { maxPixels?: number }, most: number) => part.maxPixels ?? most
    let ofPicture = (_: { maxPixels?: number }, __: number): number => 5000
    engine.tokens = async ({ messages, budget }) => ({
      total: messages
        .flatMap(({ content }) => content)
        .reduce((sum, part) => sum + (part.type === 'text' ? 0 : ofPicture(part as object, budget.maxPixels)), 0),
    })
    await expect(ask.remedy({ messageId: sent.answerId, remedy: 'turns' })).rejects.toThrow(
      'No earlier message goes with a page.',
    )
    const again = await ask.remedy({ messageId: sent.answerId, remedy: 'context' })
    const first = await engine.nextAnswer()
    expect(first.request.contextTokens, '5000 tokens of a page and room for its answer').toBe(6144)
    first.fail(full)
    for (let n = 0; n < 2; n++) (await engine.nextAnswer()).fail(full)
    await until(conversations.watch(again.conversationId), ended)

    const whole = usual(first.request.messages.at(-1)!.content[0] as object, first.request.budget.maxPixels)
    ofPicture = (part, most) => Math.round((usual(part, most) / whole) * 10_000)
    await ask.remedy({ messageId: again.answerId, remedy: 'detail' })
    const lowered = await engine.nextAnswer()
    expect(lowered.request.messages.at(-1)!.content[0]).toMatchObject({ maxPixels: whole / 2 })
    lowered.finish()
  })
})
