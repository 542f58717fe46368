import type { AppError, ConversationEvent, Part } from '#contract'
import { describe, expect, test } from 'vitest'
import { createBed, picture, said, text } from './testing/bed.ts'

const bed = createBed()
const { ask, answered, reopen, shown } = bed
const notFound = expect.objectContaining({ code: 'NotFound' }) as AppError

test('a question and its growing answer are stored in order, pictures where they stood', () => {
  const sent = ask([...text('Left: '), picture('a', 'left.png'), ...text(' right: '), picture('b', 'right.png')])
  bed.conversations.append(sent.answerId, 'A red')
  bed.conversations.append(sent.answerId, ' circle 😀')
  const usage = { promptTokens: 9, imageTokens: 4, completionTokens: 3, cachedTokens: 0, contextTokens: 4096 }
  const timings = { loadMs: 1, encodeMs: 2, prefillMs: 3, ttftMs: 4, tokensPerSecond: 5 }
  bed.conversations.finish(sent.answerId, { status: 'complete', usage, timings })
  reopen()
  expect(shown(sent.conversationId)).toEqual(['Left: [left.png] right: [right.png]', 'A red circle 😀'])
  expect(bed.conversations.message(sent.answerId)).toMatchObject({
    status: 'complete',
    usage,
    timings,
    model: 'demo',
    parentId: sent.userMessageId,
    error: null,
  })
})

test('another answer is a new branch; the earlier one is kept and can be chosen again', () => {
  const first = answered('What is it?', 'a circle')
  const second = bed.conversations.answerAgain(first.userMessageId, { model: 'demo' })
  bed.conversations.append(second.answerId, 'a ring')
  bed.conversations.finish(second.answerId, { status: 'complete' })
  const below = answered('And now?', 'still a ring', first.conversationId)
  expect(shown(first.conversationId)).toEqual(['What is it?', 'a ring', 'And now?', 'still a ring'])
  expect(bed.conversations.message(second.answerId).siblings).toEqual([first.answerId, second.answerId])

  bed.conversations.selectBranch(first.answerId)
  expect(shown(first.conversationId)).toEqual(['What is it?', 'a circle'])
  bed.conversations.selectBranch(second.answerId)
  expect(bed.conversations.get(first.conversationId).leafId).toBe(below.answerId)
  reopen()
  expect(shown(first.conversationId)).toEqual(['What is it?', 'a ring', 'And now?', 'still a ring'])
})

describe('a pair of answers', () => {
  const pair = (question: string, conversationId: string | null = null) => {
    const sent = bed.conversations.ask({ conversationId, parts: text(question), model: 'one', beside: 'two' })
    return { ...sent, besideId: sent.besideId as string }
  }
  const endBoth = (sent: { answerId: string; besideId: string }, first: string, second: string) => {
    bed.conversations.append(sent.answerId, first)
    bed.conversations.append(sent.besideId, second)
    for (const id of [sent.answerId, sent.besideId]) bed.conversations.finish(id, { status: 'complete' })
  }
  const others = async (id: string) => {
    const { value } = await bed.conversations.watch(id).next()
    return value?.type === 'snapshot' ? value.others.map(said) : null
  }

  test('is stored as two answers to one question; the conversation goes on from the first', async () => {
    const sent = pair('What is it?')
    endBoth(sent, 'a circle', 'a ring')
    answered('And now?', 'still a circle', sent.conversationId)
    reopen()
    expect(shown(sent.conversationId)).toEqual(['What is it?', 'a circle', 'And now?', 'still a circle'])
    expect(await others(sent.conversationId)).toEqual(['a ring'])
    expect(bed.conversations.message(sent.answerId)).toMatchObject({
      model: 'one',
      beside: null,
      parentId: sent.userMessageId,
    })
    expect(bed.conversations.message(sent.besideId)).toMatchObject({
      model: 'two',
      beside: sent.answerId,
      parentId: sent.userMessageId,
    })
  })

  test('is one branch, shown by the answer that the conversation went on from last', async () => {
    const first = pair('What is it?')
    endBoth(first, 'a circle', 'a ring')
    const again = bed.conversations.answerAgain(first.userMessageId, { model: 'one', beside: 'two', leftOut: 0 })
    endBoth({ ...again, besideId: again.besideId as string }, 'a disc', 'a dot')
    expect(await others(first.conversationId)).toEqual(['a dot'])
    expect(bed.conversations.message(again.answerId).siblings).toEqual([first.answerId, again.answerId])
    expect(bed.conversations.message(again.besideId as string).siblings).toEqual([first.answerId, again.besideId])

    bed.conversations.selectBranch(first.besideId)
    expect(shown(first.conversationId)).toEqual(['What is it?', 'a ring'])
    expect(await others(first.conversationId)).toEqual(['a circle'])
    answered('And now?', 'still a ring', first.conversationId)
    expect(bed.conversations.message(again.answerId).siblings).toEqual([first.besideId, again.answerId])
    bed.conversations.selectBranch(again.answerId)
    expect(shown(first.conversationId)).toEqual(['What is it?', 'a disc'])
    bed.conversations.selectBranch(first.besideId)
    expect(shown(first.conversationId)).toEqual(['What is it?', 'a ring', 'And now?', 'still a ring'])
    bed.conversations.selectBranch(first.answerId)
    expect(shown(first.conversationId)).toEqual(['What is it?', 'a circle'])
  })

  test('further down a branch is shown by its first answer', () => {
    const above = answered('one', 'eins')
    const below = pair('two', above.conversationId)
    endBoth(below, 'zwei', 'due')
    bed.conversations.answerAgain(above.userMessageId, { model: 'one' })
    bed.conversations.selectBranch(above.answerId)
    expect(shown(above.conversationId)).toEqual(['one', 'eins', 'two', 'zwei'])
  })

  test('is watched together: snapshot, progress, text and end of both in one gapless sequence', async () => {
    const first = answered('one', 'eins')
    const stream = bed.conversations.watch(first.conversationId)
    const sent = pair('two', first.conversationId)
    bed.conversations.progress(sent.besideId, { phase: 'waiting', done: 0, total: 1 })
    bed.conversations.append(sent.answerId, 'zw')
    bed.conversations.append(sent.besideId, 'du')
    const late = bed.conversations.watch(first.conversationId)
    bed.conversations.append(sent.answerId, 'ei')
    bed.conversations.append(sent.besideId, 'e')
    bed.conversations.finish(sent.besideId, { status: 'complete' })
    bed.conversations.finish(sent.answerId, { status: 'stopped' })
    const events: ConversationEvent[] = []
    while (events.length < 11) events.push((await stream.next()).value as ConversationEvent)
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i))
    const { answerId: a, besideId: b, userMessageId: q } = sent
    expect(
      events
        .slice(1)
        .map((event) => [
          event.type,
          'messageId' in event ? event.messageId : 'message' in event ? event.message.id : null,
        ]),
    ).toEqual([
      ['message', q],
      ['message', a],
      ['message', b],
      ['progress', b],
      ['text', a],
      ['text', b],
      ['text', a],
      ['text', b],
      ['message', b],
      ['message', a],
    ])
    const { value } = await late.next()
    expect(value).toMatchObject({
      type: 'snapshot',
      others: [{ id: b, parts: text('du'), status: 'streaming' }],
      progress: {},
    })
  })

  test('goes on being watched as a whole when the conversation goes on from the second while it is written', async () => {
    const sent = pair('one')
    const stream = bed.conversations.watch(sent.conversationId)
    bed.conversations.selectBranch(sent.besideId)
    bed.conversations.append(sent.answerId, 'eins')
    bed.conversations.append(sent.besideId, 'uno')
    const events: ConversationEvent[] = []
    while (events.length < 4) events.push((await stream.next()).value as ConversationEvent)
    expect(events.map((event) => event.type)).toEqual(['snapshot', 'branch', 'text', 'text'])
    expect(events[1]).toMatchObject({
      after: sent.userMessageId,
      messages: [{ id: sent.besideId }],
      others: [{ id: sent.answerId }],
    })
  })

  test('that was streaming when the process ended is interrupted on both sides, each with its text', () => {
    const sent = pair('Tell me')
    bed.conversations.append(sent.answerId, 'Once upon')
    bed.conversations.append(sent.besideId, 'There was')
    reopen()
    const both = [sent.answerId, sent.besideId].map((id) => bed.conversations.message(id))
    expect(both.map((message) => [message.status, said(message)])).toEqual([
      ['interrupted', 'Once upon'],
      ['interrupted', 'There was'],
    ])
  })

  test('is found by the text of either, and removed with its conversation', () => {
    const sent = pair('animals')
    endBoth(sent, 'porcupine', 'hedgehog')
    for (const word of ['porcupine', 'hedgehog']) expect(bed.conversations.search(word, 10)).toHaveLength(1)
    bed.conversations.selectBranch(sent.besideId)
    answered('more', 'weasel', sent.conversationId)
    bed.conversations.remove(sent.conversationId)
    for (const word of ['porcupine', 'hedgehog']) expect(bed.conversations.search(word, 10)).toEqual([])
    for (const table of ['messages', 'parts', 'search_grams'])
      expect(bed.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), table).toBe(0)
  })
})

test('choosing a message of the current branch keeps the leaf', () => {
  const first = answered('1', 'one')
  bed.conversations.answerAgain(first.userMessageId, { model: 'demo' })
  bed.conversations.selectBranch(first.answerId)
  bed.conversations.selectBranch(first.userMessageId)
  expect(bed.conversations.get(first.conversationId).leafId).toBe(first.answerId)
})

test('answers that were streaming when the process ended are interrupted with their text', () => {
  const sent = ask(text('Tell me'))
  bed.conversations.append(sent.answerId, 'Once upon')
  reopen()
  const message = bed.conversations.message(sent.answerId)
  expect([message.status, message.error?.code, said(message)]).toEqual(['interrupted', 'Interrupted', 'Once upon'])
  expect(bed.conversations.search('Once upon', 10)).toHaveLength(1)
  expect(() => bed.conversations.append(sent.answerId, ' more')).toThrow('not streaming')
})

test('the title is the first words of the question, or the name of the first picture', () => {
  const title = (parts: Part[]) => bed.conversations.get(ask(parts).conversationId).title
  expect(title([picture('a'), ...text('  What\n is   this? ')])).toBe('What is this?')
  expect(title(text('word '.repeat(40)))).toBe(`${'word '.repeat(11).trim()}…`)
  expect(title(text('字'.repeat(100)))).toBe(`${'字'.repeat(59)}…`)
  expect(title([picture('a', 'harbour.png')])).toBe('harbour.png')
})

test('a conversation deeper than any recursion limit is read and removed', () => {
  let sent = answered('0', 'a0')
  bed.db.transaction(() => {
    for (let i = 1; i < 1500; i++) sent = answered(String(i), `a${i}`, sent.conversationId)
  })()
  expect(shown(sent.conversationId)).toHaveLength(3000)
  bed.conversations.remove(sent.conversationId)
  for (const table of ['conversations', 'messages', 'parts', 'search_grams']) {
    expect(bed.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), table).toBe(0)
  }
})

test('ids that are not there are NotFound, and nothing is stored for them', () => {
  for (const action of [
    () => ask(text('?'), 'nowhere'),
    () => bed.conversations.answerAgain('nothing', { model: 'demo' }),
    () => bed.conversations.remove('nowhere'),
    () => bed.conversations.rename('nowhere', 'x'),
    () => bed.conversations.selectBranch('nothing'),
    () => bed.conversations.watch('nowhere'),
    () => bed.conversations.path('nothing'),
  ]) {
    expect(action).toThrow(notFound)
  }
  expect(bed.db.prepare('SELECT count(*) FROM messages').pluck().get()).toBe(0)
})

test('what is drawn on a picture and what the answer is held to is kept with the question', () => {
  const marks = [
    { type: 'box', x1: 0.1, y1: 0.25, x2: 0.5, y2: 1, label: 'Box 1' },
    { type: 'point', x: 0, y: 1 / 3, label: '' },
  ] as const
  const format = { name: 'Table', schema: '{\n  "type": "array"\n}' }
  const sent = bed.conversations.ask({
    conversationId: null,
    parts: [{ ...picture('a'), marks: [...marks], screen: { x: 3, y: 4 } }],
    format,
    model: 'demo',
  })
  bed.conversations.lowerDetail(sent.userMessageId, 1000)
  reopen()
  expect(bed.conversations.message(sent.userMessageId)).toMatchObject({
    format,
    parts: [{ type: 'image', marks, budget: { maxPixels: 1000 }, screen: { x: 3, y: 4 } }],
  })
  expect(bed.conversations.message(sent.answerId).format).toBeNull()
})

test('formats that were used are told once, the latest first', () => {
  const asked = (name: string) =>
    bed.conversations.ask({ conversationId: null, parts: text('?'), format: { name, schema: '{}' }, model: 'demo' })
  const [one] = [asked('one'), asked('two'), asked('one'), ask(text('no format'))]
  expect(bed.conversations.recentFormats(9).map(({ name }) => name)).toEqual(['one', 'two'])
  expect(bed.conversations.recentFormats(1)).toEqual([{ name: 'one', schema: '{}' }])
  bed.conversations.remove(one.conversationId)
  expect(bed.conversations.recentFormats(9)).toHaveLength(2)
})

test('referenced shas are those of every branch, once, until the conversation is removed', () => {
  const first = ask([picture('a'), picture('b')])
  const second = ask([picture('b'), picture('c')])
  expect(bed.conversations.referencedShas().sort()).toEqual(['a', 'b', 'c'].map((fill) => fill.repeat(64)))
  bed.conversations.remove(first.conversationId)
  expect(bed.conversations.referencedShas().sort()).toEqual(['b', 'c'].map((fill) => fill.repeat(64)))
  bed.conversations.remove(second.conversationId)
  expect(bed.conversations.referencedShas()).toEqual([])
})
