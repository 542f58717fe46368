import { expect, test } from 'vitest'
import type { ConversationEvent, Message } from '#contract'
import { applyToAnswer, noAnswer, type Answering } from './answer.ts'

const message = (id: string, text: string, status: Message['status'] = 'streaming'): Message =>
  ({
    ...{
      id,
      conversationId: 'c',
      parentId: 'q',
      role: 'assistant',
      parts: [{ type: 'text', text }],
      status,
      error: null,
      model: 'm',
    },
    ...{ usage: null, timings: null, seen: null, leftOut: 0, beside: null, createdAt: 0, siblings: [id] },
  }) as Message
const snapshot = (seq: number, text: string): ConversationEvent => ({
  ...{
    type: 'snapshot',
    seq,
    messages: [message('a', text)],
    others: [],
    progress: { a: { phase: 'prefill', done: 1, total: 2 } },
  },
  conversation: { id: 'c', title: '', createdAt: 0, updatedAt: 0, leafId: 'a' },
})
const words = (seq: number, offset: number, text: string, messageId = 'a'): ConversationEvent => ({
  type: 'text',
  seq,
  messageId,
  offset,
  text,
})
const after = (...events: ConversationEvent[]): Answering | 'gap' =>
  events.reduce<Answering | 'gap'>(
    (state, event) => (state === 'gap' ? state : applyToAnswer(state, 'a', event)),
    noAnswer,
  )

test('the answer grows by its own words, once each', () => {
  expect(
    after(
      snapshot(3, 'A'),
      words(4, 1, ' red'),
      words(4, 1, ' red'),
      words(5, 3, 'ed circle'),
      words(6, 0, 'other', 'b'),
    ),
  ).toMatchObject({ seq: 6, text: 'A red circle', progress: undefined })
})

test('what the engine does is told until words come, and the end has the whole text', () => {
  expect(after(snapshot(1, ''))).toMatchObject({ progress: { phase: 'prefill' } })
  const ended = after(snapshot(1, ''), words(2, 0, 'A'), {
    type: 'message',
    seq: 3,
    message: message('a', 'A star.', 'complete'),
  })
  expect(ended).toMatchObject({ text: 'A star.', message: { status: 'complete' } })
})

test('a missing event is a gap', () => {
  expect(after(snapshot(1, ''), words(3, 0, 'A'))).toBe('gap')
  expect(after(snapshot(1, ''), words(2, 5, 'A'))).toBe('gap')
})

test('another branch shows the answer as it stands there, or has to be asked for anew', () => {
  const branch = (messages: Message[]): ConversationEvent => ({
    ...{ type: 'branch', seq: 2, after: 'q', messages, others: [], progress: {} },
  })
  expect(after(snapshot(1, 'A'), branch([message('a', 'A red')]))).toMatchObject({ seq: 2, text: 'A red' })
  expect(after(snapshot(1, 'A'), branch([message('b', 'A ring')]))).toBe('gap')
})
