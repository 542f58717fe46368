import type { ConversationEvent, Message } from '#contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBed, picture, said, text } from './testing/bed.ts'

const bed = createBed()
const { ask, answered } = bed

async function take<T>(stream: AsyncIterator<T>, count: number): Promise<T[]> {
  const events: T[] = []
  while (events.length < count) events.push((await stream.next()).value as T)
  return events
}

test('a watcher gets the snapshot and then a gapless sequence', async () => {
  const first = answered('one', 'eins')
  const stream = bed.conversations.watch(first.conversationId)
  const next = ask(text('two'), first.conversationId)
  bed.conversations.progress(next.answerId, { phase: 'prefill', done: 1, total: 2 })
  bed.conversations.append(next.answerId, 'zw')
  bed.conversations.append(next.answerId, 'ei')
  bed.conversations.finish(next.answerId, { status: 'complete' })
  bed.conversations.rename(first.conversationId, 'Zahlen')
  bed.conversations.remove(first.conversationId)
  const events = await take(stream, 9)
  expect(events.map((event) => event.type)).toEqual([
    'snapshot',
    'message',
    'message',
    'progress',
    'text',
    'text',
    'message',
    'conversation',
    'removed',
  ])
  expect(events[7]).toMatchObject({ conversation: { title: 'Zahlen' } })
  expect(events.map((event) => event.seq)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  expect(events[5]).toMatchObject({ messageId: next.answerId, offset: 2, text: 'ei' })
  expect((await stream.next()).done).toBe(true)
})

test('a late watcher sees the progress, which ends with the first text, and the text so far', async () => {
  const sent = ask(text('one'))
  const late = async () => {
    const [event] = await take(bed.conversations.watch(sent.conversationId), 1)
    return event?.type === 'snapshot' ? { progress: event.progress, said: event.messages.map(said) } : null
  }
  bed.conversations.progress(sent.answerId, { phase: 'encoding', done: 1, total: 3 })
  expect(await late()).toEqual({
    progress: { [sent.answerId]: { phase: 'encoding', done: 1, total: 3 } },
    said: ['one', ''],
  })
  bed.conversations.append(sent.answerId, 'half')
  expect(await late()).toEqual({ progress: {}, said: ['one', 'half'] })
})

test('what changes in a long conversation is told alone, never the conversation again', async () => {
  let last = answered('0', 'a0')
  const [first] = [last]
  for (let n = 1; n < 20; n++) last = answered(String(n), `a${n}`, first.conversationId)
  const detailed = bed.conversations.ask({
    conversationId: first.conversationId,
    parts: [picture('a'), ...text('see')],
    model: 'demo',
  })
  bed.conversations.finish(detailed.answerId, { status: 'complete' })
  const stream = bed.conversations.watch(first.conversationId)
  const before = bed.conversations.path(detailed.answerId)
  bed.conversations.rename(first.conversationId, 'Long')
  const again = bed.conversations.answerAgain(detailed.userMessageId, { model: 'demo' })
  bed.conversations.selectBranch(detailed.answerId)
  bed.conversations.lowerDetail(detailed.answerId, 1000)
  const other = bed.conversations.answerAgain(first.userMessageId, { model: 'demo' })
  bed.conversations.selectBranch(first.answerId)
  const events = await take(stream, 7)
  expect(events.slice(1).map((event) => [event.type, 'after' in event ? event.after : null])).toEqual([
    ['conversation', null],
    ['branch', detailed.userMessageId],
    ['branch', detailed.userMessageId],
    ['message', null],
    ['branch', first.userMessageId],
    ['branch', first.userMessageId],
  ])
  const messagesOf = (event: ConversationEvent | undefined) =>
    event?.type === 'branch' ? event.messages.map(({ id }) => id) : []
  expect([events[2], events[3], events[5]].map(messagesOf)).toEqual([
    [again.answerId],
    [detailed.answerId],
    [other.answerId],
  ])
  const below = [...before.slice(1, -1).map(({ id }) => id), again.answerId]
  expect(events[6]).toMatchObject({ path: below })
  expect(messagesOf(events[6])).toEqual(below.slice(-messagesOf(events[6]).length))
})

test('an answer on a branch that is not shown sends nothing until it is chosen', async () => {
  const first = answered('one', 'eins')
  const second = bed.conversations.answerAgain(first.userMessageId, { model: 'demo' })
  const stream = bed.conversations.watch(first.conversationId)
  bed.conversations.selectBranch(first.answerId)
  bed.conversations.append(second.answerId, 'unseen')
  bed.conversations.progress(second.answerId, { phase: 'waiting', done: 0, total: 1 })
  bed.conversations.selectBranch(second.answerId)
  bed.conversations.append(second.answerId, ' seen')
  const events = await take(stream, 4)
  expect(events.map((event) => event.type)).toEqual(['snapshot', 'branch', 'branch', 'text'])
  expect(events[2]).toMatchObject({ after: first.userMessageId, messages: [{ parts: text('unseen') }], others: [] })
  expect(events[3]).toMatchObject({ offset: 6, text: ' seen' })
})

test('a watcher who stops reading loses the stream; others go on', async () => {
  const sent = ask(text('one'))
  const asleep = bed.conversations.watch(sent.conversationId)
  const awake = bed.conversations.watch(sent.conversationId)
  const seen: ConversationEvent[] = await take(awake, 1)
  for (let i = 0; i < 1500; i++) {
    bed.conversations.progress(sent.answerId, { phase: 'prefill', done: i, total: 1500 })
    seen.push(...(await take(awake, 1)))
  }
  expect(seen.map((event) => event.seq)).toEqual(Array.from({ length: 1501 }, (_, i) => i))
  expect((await asleep.next()).done).toBe(true)
})

test('the list tells of new, renamed, answered and removed conversations', async () => {
  const old = answered('old', 'x')
  const list = bed.conversations.watchList()
  const sent = answered('new', 'y')
  bed.conversations.rename(old.conversationId, 'older')
  bed.conversations.remove(old.conversationId)
  const events = await take(list, 5)
  expect(events.map((event) => event.type)).toEqual(['snapshot', 'upsert', 'upsert', 'upsert', 'removed'])
  expect(events[0]).toMatchObject({ conversations: [{ id: old.conversationId }] })
  expect(events[1]).toMatchObject({ conversation: { id: sent.conversationId, title: 'new', leafId: sent.answerId } })
  expect(events[3]).toMatchObject({ conversation: { title: 'older' } })
  expect(events[4]).toEqual({ type: 'removed', id: old.conversationId })
})

test('whatever the order of writes, joins and reads, every watcher has each character once and ends equal to the store', async () => {
  const step = fc.oneof(
    fc.record({
      type: fc.constant('append' as const),
      text: fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }),
    }),
    fc.constant({ type: 'join' as const }),
    fc.constant({ type: 'read' as const }),
    fc.constant({ type: 'branch' as const }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const sent = ask(text('?'))
      let answerId = sent.answerId
      const watchers: { stream: AsyncIterator<ConversationEvent>; views: Map<string, string>; seq: number | null }[] =
        []
      const read = async (watcher: (typeof watchers)[number]) => {
        const { value, done } = await watcher.stream.next()
        if (done) return false
        if (watcher.seq !== null) expect(value.seq).toBe(watcher.seq + 1)
        watcher.seq = value.seq
        if (value.type === 'snapshot')
          watcher.views = new Map(value.messages.map((message) => [message.id, said(message)]))
        if (value.type === 'branch') {
          // below the question, which is the root
          expect(value.after).toBe(sent.userMessageId)
          watcher.views = new Map([...watcher.views].slice(0, 1))
          for (const message of value.messages) watcher.views.set(message.id, said(message))
        }
        if (value.type === 'message') watcher.views.set(value.message.id, said(value.message))
        if (value.type === 'text') {
          const before = watcher.views.get(value.messageId)
          expect(before?.length).toBe(value.offset)
          watcher.views.set(value.messageId, before + value.text)
        }
        return true
      }
      let written = ''
      for (const current of steps) {
        if (current.type === 'append') {
          bed.conversations.append(answerId, current.text)
          written += current.text
        } else if (current.type === 'join') {
          watchers.push({ stream: bed.conversations.watch(sent.conversationId), views: new Map(), seq: null })
          await read(watchers.at(-1) as (typeof watchers)[number])
        } else if (current.type === 'branch') {
          bed.conversations.finish(answerId, { status: 'stopped' })
          answerId = bed.conversations.answerAgain(sent.userMessageId, { model: 'demo' }).answerId
          written = ''
        } else {
          bed.conversations.progress(answerId, { phase: 'prefill', done: 0, total: 1 })
          for (const watcher of watchers) await read(watcher)
        }
      }
      const path = bed.conversations.path(answerId)
      expect(said(path[1] as Message)).toBe(written)
      bed.conversations.remove(sent.conversationId)
      for (const watcher of watchers) {
        while (await read(watcher));
        expect(watcher.views).toEqual(new Map(path.map((message) => [message.id, said(message)])))
      }
    }),
    { numRuns: 60 },
  )
})

test('a thought streams with offsets of its own before the text, and its end comes with the message', async () => {
  const sent = ask(text('one'))
  const stream = bed.conversations.watch(sent.conversationId)
  const { answerId: messageId } = sent
  bed.conversations.append(messageId, 'Let me ', 'reasoning')
  bed.conversations.append(messageId, 'see', 'reasoning')
  bed.conversations.reasoned(messageId, { ms: 1200.5, tokens: 4 })
  bed.conversations.append(messageId, 'Red')
  const [, ...events] = await take(stream, 5)
  expect(events).toMatchObject([
    { type: 'reasoning', messageId, offset: 0, text: 'Let me ' },
    { type: 'reasoning', messageId, offset: 7, text: 'see' },
    {
      type: 'message',
      message: {
        parts: [
          { type: 'reasoning', text: 'Let me see', ms: 1200.5, tokens: 4 },
          { type: 'text', text: '' },
        ],
      },
    },
    { type: 'text', messageId, offset: 0, text: 'Red' },
  ])
})

test('of a thought that was cut short by the end of the app all that was told is there, and no search finds it', () => {
  const sent = ask(text('one'))
  bed.conversations.append(sent.answerId, 'A platypus, perhaps', 'reasoning')
  bed.reopen()
  const { status, parts } = bed.conversations.message(sent.answerId)
  expect(status).toBe('interrupted')
  expect(parts).toEqual([
    { type: 'reasoning', text: 'A platypus, perhaps' },
    { type: 'text', text: '' },
  ])
  expect(bed.conversations.path(sent.answerId).at(-1)!.parts).toEqual(parts)
  expect(bed.conversations.search('platypus', 10)).toEqual([])
  expect(bed.conversations.search('one', 10)).toHaveLength(1)
  bed.conversations.remove(sent.conversationId)
  expect(bed.db.prepare('SELECT count(*) FROM thoughts').pluck().get()).toBe(0)
})
