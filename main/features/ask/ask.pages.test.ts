import { Profile } from '#contract'
import type { QuestionPart } from '#contract'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  ask,
  askWith,
  code,
  conversations,
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
  jobs: [{ id: 'page', label: 'Read the page', prompt: 'Read this.', pages: 'each' }],
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
    expect(ask.readOn({ messageId: sent.answerId }).answerId).toBe(sent.answerId)
    expect(() => ask.readOn({ messageId: sent.answerId })).toThrow(code('Busy'))
    for (const words of ['Two', 'Three']) {
      const answer = await engine.nextAnswer()
      answer.text(words)
      answer.finish()
    }
    await until(stream, ended)
    const answer = conversations.message(sent.answerId)
    expect([answer.status, textOf(answer)]).toEqual(['complete', 'One\n\f\nTwo\n\f\nThree\n\f\n'])
    expect(answer.seen?.media).toHaveLength(2)
    expect(() => ask.readOn({ messageId: sent.answerId })).toThrow(code('InvalidInput'))
  })

  test('go on after the app was closed', async () => {
    const { sent } = await begin()
    ask.close()
    store.close()
    open()
    expect(conversations.message(sent.answerId)).toMatchObject({ status: 'interrupted' })
    const stream = conversations.watch(sent.conversationId)
    ask.readOn({ messageId: sent.answerId })
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
    expect(() => ask.readOn({ messageId: sent.answerId })).toThrow(code('InvalidInput'))
    askWith(reader)
    const next = ask.send({ conversationId: sent.conversationId, parts: [{ type: 'text', text: 'And?' }] })
    const stream = conversations.watch(sent.conversationId)
    ;(await engine.nextAnswer()).finish()
    await until(stream, ended)
    expect(next.conversationId).toBe(sent.conversationId)
    expect(() => ask.readOn({ messageId: sent.answerId })).toThrow(code('InvalidInput'))
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
})
