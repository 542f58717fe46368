import { describe, expect, test } from 'vitest'
import type { ConversationEvent, Message, Progress } from '#contract'
import { wholePath } from '../../testing/wholePath.ts'
import {
  applyEvent,
  applyEvents,
  nothingOpen,
  opening,
  pairOf,
  pathKeys,
  reasoningOf,
  streamingAnswer,
  textOf,
  type OpenConversation,
} from './state.ts'

const message = (id: string, over: Partial<Message> = {}): Message => ({
  id,
  conversationId: 'c',
  parentId: null,
  role: 'user',
  parts: [{ type: 'text', text: '' }],
  status: 'complete',
  error: null,
  model: null,
  usage: null,
  timings: null,
  seen: null,
  leftOut: 0,
  beside: null,
  createdAt: 1,
  format: null,
  siblings: [id],
  ...over,
})

const question = message('q', { parts: [{ type: 'text', text: 'What is it?' }] })
const answer = (text: string, over: Partial<Message> = {}): Message =>
  message('a', { parentId: 'q', role: 'assistant', status: 'streaming', parts: [{ type: 'text', text }], ...over })

const snapshot = (
  messages: Message[],
  seq = 5,
  progress: Record<string, Progress> = {},
  others: Message[] = [],
): ConversationEvent => ({
  type: 'snapshot',
  seq,
  conversation: { id: 'c', title: 'Red circle', createdAt: 1, updatedAt: 1, leafId: messages.at(-1)?.id ?? null },
  ...wholePath(messages, others),
  progress,
})

const text = (seq: number, offset: number, added: string): ConversationEvent => ({
  type: 'text',
  seq,
  messageId: 'a',
  offset,
  text: added,
})

const open = (answerText = ''): OpenConversation =>
  ok(applyEvent(opening('c'), snapshot([question, answer(answerText)])))

function ok(state: OpenConversation | 'gap'): OpenConversation {
  if (state === 'gap') throw new Error('unexpected gap')
  return state
}

describe('a watched conversation', () => {
  test('streamed text goes to the drafts and leaves messages and order as they are, by reference', () => {
    const before = open()
    const after = ok(applyEvents(before, [text(6, 0, 'A red'), text(7, 5, ' circle.')]))
    expect(after.drafts['a']).toBe('A red circle.')
    expect(after.messages).toBe(before.messages)
    expect(after.order).toBe(before.order)
  })

  test('another branch takes the place of what stood below the last message that stays, which is the same by reference', () => {
    const pair = [answer('eins', { status: 'complete' }), message('b', { parentId: 'q', beside: 'a' })] as const
    const deeper = [message('q2', { parentId: 'a' }), message('a2', { parentId: 'q2', role: 'assistant' })]
    const before = ok(applyEvent(opening('c'), snapshot([question, pair[0], ...deeper], 5, {}, [pair[1]])))
    const next = message('a3', { parentId: 'q2', role: 'assistant', status: 'streaming' })
    const beside = message('b3', { parentId: 'q2', role: 'assistant', status: 'streaming', beside: 'a3' })
    const event: ConversationEvent = {
      type: 'branch',
      seq: 6,
      after: 'q2',
      ...wholePath([next], [beside]),
      progress: { a3: { phase: 'waiting', done: 0, total: 1 } },
    }
    const after = ok(applyEvent(before, event))
    expect(after.order).toEqual(['q', 'a', 'q2', 'a3'])
    expect(after.others).toEqual({ a: 'b', a3: 'b3' })
    expect(Object.keys(after.messages).sort()).toEqual(['a', 'a3', 'b', 'b3', 'q', 'q2'])
    expect(after.messages['a']).toBe(before.messages['a'])
    expect(after.progress).toEqual(event.progress)
    expect(streamingAnswer(after)).toBe('a3')
    expect(applyEvent(before, { ...event, after: 'unknown' })).toBe('gap')
    expect(ok(applyEvent(before, { ...event, after: null, ...wholePath([question]) })).order).toEqual(['q'])
  })

  test('a new title changes nothing else', () => {
    const before = open('A red')
    const conversation = { ...before.conversation!, title: 'Circle' }
    const after = ok(applyEvent(before, { type: 'conversation', seq: 6, conversation }))
    expect(after).toEqual({ ...before, seq: 6, conversation })
    expect(after.messages).toBe(before.messages)
  })

  test('text continues what the snapshot already held', () => {
    expect(ok(applyEvent(open('A red'), text(6, 5, ' circle.'))).drafts['a']).toBe('A red circle.')
  })

  test('a thought goes its own way beside the text, until the message tells of both', () => {
    const thought = (seq: number, offset: number, added: string): ConversationEvent => ({
      ...{ type: 'reasoning', seq, messageId: 'a', offset },
      text: added,
    })
    const before = open()
    const after = ok(applyEvents(before, [thought(6, 0, 'Let me'), thought(7, 6, ' see'), text(8, 0, 'Red')]))
    expect(after.thoughts['a']).toBe('Let me see')
    expect(after.drafts['a']).toBe('Red')
    expect(after.messages).toBe(before.messages)
    expect(applyEvent(after, thought(9, 11, '!'))).toBe('gap')
    const parts: Message['parts'] = [
      { type: 'reasoning', text: 'Let me see', ms: 1 },
      { type: 'text', text: 'Red' },
    ]
    const told = ok(applyEvent(after, { type: 'message', seq: 9, message: answer('', { parts }) }))
    expect([told.thoughts, told.drafts]).toEqual([{}, {}])
    expect(reasoningOf(told.messages['a']!)).toEqual(parts[0])
    expect(textOf(told.messages['a']!)).toBe('Red')
  })

  test('text that overlaps the snapshot is added only from where it is new', () => {
    expect(ok(applyEvent(open('A red'), text(6, 2, 'red circle.'))).drafts['a']).toBe('A red circle.')
  })

  test('text that the snapshot holds completely changes no draft', () => {
    const before = open('A red circle.')
    expect(ok(applyEvent(before, text(6, 2, 'red'))).drafts).toBe(before.drafts)
  })

  test('offsets count UTF-16 units', () => {
    expect(ok(applyEvents(open(), [text(6, 0, '🟥🔵'), text(7, 4, '!')])).drafts['a']).toBe('🟥🔵!')
  })

  test('what is thought goes apart from the text, with places of its own, and ends the progress line', () => {
    const waiting = {
      type: 'progress',
      seq: 6,
      messageId: 'a',
      progress: { phase: 'prefill', done: 1, total: 2 },
    } as const
    const think = (seq: number, offset: number, added: string): ConversationEvent => ({
      type: 'reasoning',
      seq,
      messageId: 'a',
      offset,
      text: added,
    })
    const before = ok(applyEvent(open(), waiting))
    const after = ok(applyEvents(before, [think(7, 0, 'Let me'), think(8, 4, 'me see.'), text(9, 0, 'A red')]))
    expect([after.thoughts['a'], after.drafts['a']]).toEqual(['Let me see.', 'A red'])
    expect(after.progress).toEqual({})
    expect(after.messages).toBe(before.messages)
    expect(applyEvent(after, think(10, 40, 'x'))).toBe('gap')
    const parts = [
      { type: 'reasoning', text: 'Let me see.', ms: 5, tokens: 3 } as const,
      { type: 'text', text: 'A red' } as const,
    ]
    const stored = ok(applyEvent(after, { type: 'message', seq: 10, message: answer('', { parts }) }))
    expect([stored.thoughts, stored.drafts]).toEqual([{}, {}])
    expect(ok(applyEvent(stored, think(11, 11, ' Yes.'))).thoughts['a']).toBe('Let me see. Yes.')
    expect(ok(applyEvent(stored, text(11, 5, ' one.'))).drafts['a']).toBe('A red one.')
  })

  test('a missing sequence number is a gap', () => {
    expect(applyEvent(open(), text(7, 0, 'A'))).toBe('gap')
    expect(applyEvents(open(), [text(6, 0, 'A'), text(8, 1, 'B')])).toBe('gap')
  })

  test('text beyond the known end is a gap, as is text of an unknown message', () => {
    expect(applyEvent(open('A'), text(6, 3, 'x'))).toBe('gap')
    expect(applyEvent(open(), { type: 'text', seq: 6, messageId: 'other', offset: 0, text: 'x' })).toBe('gap')
  })

  test('an event that was seen before returns the same reference', () => {
    const before = open('A red')
    expect(applyEvent(before, text(5, 0, 'A red'))).toBe(before)
    expect(applyEvent(before, { type: 'removed', seq: 4 })).toBe(before)
  })

  test('a snapshot heals a gap and drops the drafts', () => {
    const streamed = ok(applyEvent(open(), text(6, 0, 'A')))
    const healed = ok(applyEvent(streamed, snapshot([question, answer('A red circle.')], 12)))
    expect(healed.drafts).toEqual({})
    expect(healed.seq).toBe(12)
    expect(ok(applyEvent(healed, text(13, 13, ' Done.'))).drafts['a']).toBe('A red circle. Done.')
  })

  test('the final message replaces the draft and ends its progress', () => {
    const streaming = ok(
      applyEvents(open(), [
        { type: 'progress', seq: 6, messageId: 'a', progress: { phase: 'encoding', done: 0, total: 2 } },
        text(7, 0, 'A red'),
      ]),
    )
    const done = ok(
      applyEvent(streaming, { type: 'message', seq: 8, message: answer('A red circle.', { status: 'complete' }) }),
    )
    expect(done.drafts).toEqual({})
    expect(done.progress).toEqual({})
    expect(done.messages['a']?.status).toBe('complete')
    expect(done.messages['q']).toBe(streaming.messages['q'])
  })

  test('the first text ends the progress line', () => {
    const waiting = ok(
      applyEvent(open(), {
        type: 'progress',
        seq: 6,
        messageId: 'a',
        progress: { phase: 'prefill', done: 1, total: 2 },
      }),
    )
    expect(waiting.progress['a']).toBeDefined()
    expect(ok(applyEvent(waiting, text(7, 0, 'A'))).progress['a']).toBeUndefined()
  })

  test('a new message is placed after its parent', () => {
    const next = ok(applyEvent(open('Yes'), { type: 'message', seq: 6, message: message('q2', { parentId: 'a' }) }))
    expect(next.order).toEqual(['q', 'a', 'q2'])
  })

  test('a new branch replaces what followed its parent', () => {
    const retried = answer('', { id: 'b', siblings: ['a', 'b'] })
    expect(ok(applyEvent(open('Yes'), { type: 'message', seq: 6, message: retried })).order).toEqual(['q', 'b'])
  })

  test('a message whose parent is not shown needs a new snapshot', () => {
    expect(applyEvent(open(), { type: 'message', seq: 6, message: message('x', { parentId: 'elsewhere' }) })).toBe(
      'gap',
    )
  })

  test('a removed conversation is missing', () => {
    const gone = ok(applyEvent(open(), { type: 'removed', seq: 6 }))
    expect([gone.id, gone.status, gone.order.length]).toEqual(['c', 'missing', 0])
  })

  test('knows which answer is being written', () => {
    expect(streamingAnswer(open())).toBe('a')
    expect(streamingAnswer(nothingOpen)).toBeNull()
    const done = ok(applyEvent(open(), { type: 'message', seq: 6, message: answer('A', { status: 'stopped' }) }))
    expect(streamingAnswer(done)).toBeNull()
  })
})

describe('a pair of answers', () => {
  const second = (text: string, over: Partial<Message> = {}) =>
    answer(text, { id: 'b', beside: 'a', model: 'two', ...over })
  const opened = (): OpenConversation =>
    ok(applyEvent(opening('c'), snapshot([question, answer('A red')], 5, {}, [second('One red')])))

  test('is in the snapshot beside the path', () => {
    const state = opened()
    expect(state.order).toEqual(['q', 'a'])
    expect(pairOf(state, 'a')).toEqual(['a', 'b'])
    expect(pairOf(state, 'q')).toBeNull()
  })

  test('comes with two messages, and both grow apart from each other', () => {
    const asked = ok(
      applyEvents(ok(applyEvent(opening('c'), snapshot([question]))), [
        { type: 'message', seq: 6, message: answer('') },
        { type: 'message', seq: 7, message: second('') },
      ]),
    )
    expect([asked.order, asked.others]).toEqual([['q', 'a'], { a: 'b' }])
    const grown = ok(
      applyEvents(asked, [
        { type: 'progress', seq: 8, messageId: 'b', progress: { phase: 'waiting', done: 0, total: 1 } },
        text(9, 0, 'A red'),
        { type: 'text', seq: 10, messageId: 'b', offset: 0, text: 'One' },
      ]),
    )
    expect([grown.drafts, grown.progress]).toEqual([{ a: 'A red', b: 'One' }, {}])
    const ended = ok(applyEvent(grown, { type: 'message', seq: 11, message: second('One', { status: 'failed' }) }))
    expect([ended.drafts, ended.messages['b']?.status, ended.messages['a']?.status]).toEqual([
      { a: 'A red' },
      'failed',
      'streaming',
    ])
    expect([ended.order, ended.others]).toEqual([['q', 'a'], { a: 'b' }])
  })

  test('keeps its places and keys when the conversation goes on from the second', () => {
    const before = opened()
    const after = ok(applyEvent(before, snapshot([question, second('One red')], 6, {}, [answer('A red')])))
    expect(after.order).toEqual(['q', 'b'])
    expect(pairOf(after, 'b')).toEqual(pairOf(before, 'a'))
    expect(pathKeys(after)).toEqual(pathKeys(before))
    expect(streamingAnswer(after)).toBe('b')
    const placed = ok(applyEvent(after, { type: 'message', seq: 7, message: answer('A red', { status: 'complete' }) }))
    expect([placed.order, placed.others]).toEqual([['q', 'b'], { b: 'a' }])
  })

  test('is being written until both have ended', () => {
    const one = ok(applyEvent(opened(), { type: 'message', seq: 6, message: answer('A red', { status: 'complete' }) }))
    expect(streamingAnswer(one)).toBe('b')
    expect(
      streamingAnswer(ok(applyEvent(one, { type: 'message', seq: 7, message: second('One', { status: 'stopped' }) }))),
    ).toBeNull()
  })

  test('whose first answer is not shown needs a new snapshot', () => {
    expect(applyEvent(open('Yes'), { type: 'message', seq: 6, message: second('', { beside: 'elsewhere' }) })).toBe(
      'gap',
    )
  })

  test('stands alone again after a retry without it', () => {
    const retried = ok(
      applyEvent(opened(), { type: 'message', seq: 6, message: answer('', { id: 'd', siblings: ['a', 'd'] }) }),
    )
    expect([retried.order, pairOf(retried, 'd')]).toEqual([['q', 'd'], null])
  })
})
