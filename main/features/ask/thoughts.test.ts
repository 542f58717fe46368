import type { ConversationEvent } from '#contract'
import { describe, expect, test } from 'vitest'
import type { EventStream } from '../../lib/events.ts'
import {
  ask,
  conversations,
  ended,
  engine,
  open,
  picture,
  question,
  settings,
  store,
  textPart,
  until,
} from './testing/testbed.ts'

const partsOf = (id: string) => conversations.message(id).parts
/** Reads on until so much is stored of an answer. */
const stored = (stream: EventStream<ConversationEvent>, id: string, parts: unknown[]) =>
  until(stream, () => JSON.stringify(partsOf(id)) === JSON.stringify(parts))

describe('a thought before an answer', () => {
  test('is a part of its own, stored as it comes and told with its place, and its length when it has ended', async () => {
    const sent = question('What is it?')
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    answer.reasoning('Let me')
    const first = await stored(stream, sent.answerId, [
      { type: 'reasoning', text: 'Let me' },
      { type: 'text', text: '' },
    ])
    expect(first.at(-1)).toMatchObject({ type: 'reasoning', messageId: sent.answerId, offset: 0, text: 'Let me' })
    answer.reasoning(' see.')
    answer.reasoned({ ms: 1200, tokens: 7 })
    answer.text('A ring.')
    const rest = await stored(stream, sent.answerId, [
      { type: 'reasoning', text: 'Let me see.', ms: 1200, tokens: 7 },
      { type: 'text', text: 'A ring.' },
    ])
    expect(rest.map(({ type }) => type)).toEqual(['reasoning', 'message', 'text'])
    expect(rest[0]).toMatchObject({ offset: 6, text: ' see.' })
    expect(rest[2]).toMatchObject({ offset: 0, text: 'A ring.' })
    answer.finish()
    await until(stream, ended)
  })

  test('is stored before the answer that comes at once after it', async () => {
    const sent = question('What is it?')
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    answer.reasoning('I see.')
    answer.text('A ring.')
    answer.finish()
    const events = await until(stream, ended)
    expect(events.flatMap((event) => ('offset' in event ? [[event.type, event.text]] : []))).toEqual([
      ['reasoning', 'I see.'],
      ['text', 'A ring.'],
    ])
  })

  test('that the app did not live to see the end of is kept', async () => {
    const sent = question('What is it?')
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    answer.reasoning('Let me')
    await until(stream, () => partsOf(sent.answerId).length === 2)
    store.close()
    open()
    expect(conversations.message(sent.answerId)).toMatchObject({
      status: 'interrupted',
      parts: [
        { type: 'reasoning', text: 'Let me' },
        { type: 'text', text: '' },
      ],
    })
  })

  test('that is stopped is kept, and goes with its conversation', async () => {
    const sent = question('What is it?')
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    answer.reasoning('Let me')
    await until(stream, () => partsOf(sent.answerId).length === 2)
    await ask.stop({ messageId: sent.answerId })
    expect(conversations.message(sent.answerId)).toMatchObject({ status: 'stopped', parts: [{ text: 'Let me' }, {}] })
    const thoughts = () => store.db.prepare('SELECT count(*) FROM thoughts').pluck().get()
    expect(thoughts()).toBe(1)
    conversations.remove(sent.conversationId)
    expect(thoughts()).toBe(0)
  })

  test('is not found by a search, which finds the answer', async () => {
    const sent = question('What is it?')
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    answer.reasoning('Perhaps a doughnut.')
    answer.text('A ring.')
    answer.finish()
    await until(stream, ended)
    expect(conversations.search('doughnut', 9)).toEqual([])
    expect(conversations.search('ring', 9)).toHaveLength(1)
  })
})

describe('a question', () => {
  const answeredWith = async (text: string, reasoning: string, conversationId: string | null = null) => {
    const sent = question(text, conversationId)
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    answer.reasoning(reasoning)
    answer.reasoned({ ms: 10, tokens: 2 })
    answer.text(`${text}!`)
    answer.finish()
    await until(stream, ended)
    return sent
  }

  test('of texts or with pictures asks for no thought unless that was chosen, and so do a retry and a count', async () => {
    const asked: unknown[] = []
    engine.tokens = async ({ thinking }) => (asked.push(thinking), {})
    const manners = [{}, { thinking: 'on' }, { thinking: 'off' }] as const
    for (const manner of manners) {
      await ask.count({ conversationId: null, parts: [textPart('What is it?')], ...manner })
      const sent = ask.send({ conversationId: null, parts: [await picture('a'), textPart('What is it?')], ...manner })
      const stream = conversations.watch(sent.conversationId)
      const answer = await engine.nextAnswer()
      asked.push(answer.request.thinking)
      answer.finish()
      await until(stream, ended)
      ask.retry({ messageId: sent.answerId, ...manner })
      const again = await engine.nextAnswer()
      asked.push(again.request.thinking)
      again.finish()
      await until(stream, ended)
    }
    expect(asked).toEqual(['off', 'off', 'off', 'on', 'on', 'on', 'off', 'off', 'off'])
  })

  test('brings the thoughts of earlier answers apart from what was said, for the template to leave out', async () => {
    const first = await answeredWith('one', 'thinks')
    question('two', first.conversationId)
    const { request } = await engine.nextAnswer()
    expect(request.messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'one' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'one!' }], reasoning: 'thinks' },
      { role: 'user', content: [{ type: 'text', text: 'two' }] },
    ])
  })

  test('has the longest thought of the settings', async () => {
    question('one')
    const first = await engine.nextAnswer()
    expect(first.request.thinkingBudget ?? null).toBeNull()
    first.finish()
    settings.update({ thinkingBudget: 300 })
    question('two')
    expect((await engine.nextAnswer()).request.thinkingBudget).toBe(300)
  })
})
