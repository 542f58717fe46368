import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AppError, ConversationEvent, ImageAttachment, Message, Part } from '#contract'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore } from '../../lib/database/index.ts'
import type { Store } from '../../lib/database/index.ts'
import { createConversations } from './conversations.ts'
import type { Conversations } from './types.ts'

let folder: string
let store: Store
let conversations: Conversations
let time = 1000

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-conversations-'))
  open()
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

function open(): void {
  store = openStore(folder)
  conversations = createConversations(store.db, () => ++time)
}
function reopen(): void {
  store.close()
  open()
}

const text = (value: string): Part[] => [{ type: 'text', text: value }]
const picture = (fill: string, name = 'a.png'): Extract<Part, { type: 'image' }> => {
  const attachment: ImageAttachment = {
    sha: fill.repeat(64),
    kind: 'image',
    mime: 'image/png',
    name,
    bytes: 1,
    width: 2,
    height: 3,
  }
  return { type: 'image', attachment }
}
const ask = (parts: Part[], conversationId: string | null = null) =>
  conversations.ask({ conversationId, parts, model: 'demo' })
function answered(question: string, answer: string, conversationId: string | null = null) {
  const sent = ask(text(question), conversationId)
  conversations.append(sent.answerId, answer)
  conversations.finish(sent.answerId, { status: 'complete' })
  return sent
}
const said = (message: Message) =>
  message.parts
    .map((part) =>
      part.type === 'text' ? part.text : `[${part.type === 'frames' ? part.name : part.attachment.name}]`,
    )
    .join('')
const shown = (id: string) => conversations.path(conversations.get(id).leafId as string).map(said)
const notFound = expect.objectContaining({ code: 'NotFound' }) as AppError

describe('the tree', () => {
  test('a question and its growing answer are stored in order, pictures where they stood', () => {
    const sent = ask([...text('Left: '), picture('a', 'left.png'), ...text(' right: '), picture('b', 'right.png')])
    conversations.append(sent.answerId, 'A red')
    conversations.append(sent.answerId, ' circle 😀')
    const usage = { promptTokens: 9, imageTokens: 4, completionTokens: 3, cachedTokens: 0, contextTokens: 4096 }
    const timings = { loadMs: 1, encodeMs: 2, prefillMs: 3, ttftMs: 4, tokensPerSecond: 5 }
    conversations.finish(sent.answerId, { status: 'complete', usage, timings })
    reopen()
    expect(shown(sent.conversationId)).toEqual(['Left: [left.png] right: [right.png]', 'A red circle 😀'])
    expect(conversations.message(sent.answerId)).toMatchObject({
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
    const second = conversations.answerAgain(first.userMessageId, { model: 'demo' })
    conversations.append(second.answerId, 'a ring')
    conversations.finish(second.answerId, { status: 'complete' })
    const below = answered('And now?', 'still a ring', first.conversationId)
    expect(shown(first.conversationId)).toEqual(['What is it?', 'a ring', 'And now?', 'still a ring'])
    expect(conversations.message(second.answerId).siblings).toEqual([first.answerId, second.answerId])

    conversations.selectBranch(first.answerId)
    expect(shown(first.conversationId)).toEqual(['What is it?', 'a circle'])
    conversations.selectBranch(second.answerId)
    expect(conversations.get(first.conversationId).leafId).toBe(below.answerId)
    reopen()
    expect(shown(first.conversationId)).toEqual(['What is it?', 'a ring', 'And now?', 'still a ring'])
  })

  describe('a pair of answers', () => {
    const pair = (question: string, conversationId: string | null = null) => {
      const sent = conversations.ask({ conversationId, parts: text(question), model: 'one', beside: 'two' })
      return { ...sent, besideId: sent.besideId as string }
    }
    const endBoth = (sent: { answerId: string; besideId: string }, first: string, second: string) => {
      conversations.append(sent.answerId, first)
      conversations.append(sent.besideId, second)
      for (const id of [sent.answerId, sent.besideId]) conversations.finish(id, { status: 'complete' })
    }
    const others = async (id: string) => {
      const { value } = await conversations.watch(id).next()
      return value?.type === 'snapshot' ? value.others.map(said) : null
    }

    test('is stored as two answers to one question; the conversation goes on from the first', async () => {
      const sent = pair('What is it?')
      endBoth(sent, 'a circle', 'a ring')
      answered('And now?', 'still a circle', sent.conversationId)
      reopen()
      expect(shown(sent.conversationId)).toEqual(['What is it?', 'a circle', 'And now?', 'still a circle'])
      expect(await others(sent.conversationId)).toEqual(['a ring'])
      expect(conversations.message(sent.answerId)).toMatchObject({
        model: 'one',
        beside: null,
        parentId: sent.userMessageId,
      })
      expect(conversations.message(sent.besideId)).toMatchObject({
        model: 'two',
        beside: sent.answerId,
        parentId: sent.userMessageId,
      })
    })

    test('is one branch, shown by the answer that the conversation went on from last', async () => {
      const first = pair('What is it?')
      endBoth(first, 'a circle', 'a ring')
      const again = conversations.answerAgain(first.userMessageId, { model: 'one', beside: 'two', leftOut: 0 })
      endBoth({ ...again, besideId: again.besideId as string }, 'a disc', 'a dot')
      expect(await others(first.conversationId)).toEqual(['a dot'])
      expect(conversations.message(again.answerId).siblings).toEqual([first.answerId, again.answerId])
      expect(conversations.message(again.besideId as string).siblings).toEqual([first.answerId, again.besideId])

      conversations.selectBranch(first.besideId)
      expect(shown(first.conversationId)).toEqual(['What is it?', 'a ring'])
      expect(await others(first.conversationId)).toEqual(['a circle'])
      answered('And now?', 'still a ring', first.conversationId)
      expect(conversations.message(again.answerId).siblings).toEqual([first.besideId, again.answerId])
      conversations.selectBranch(again.answerId)
      expect(shown(first.conversationId)).toEqual(['What is it?', 'a disc'])
      conversations.selectBranch(first.besideId)
      expect(shown(first.conversationId)).toEqual(['What is it?', 'a ring', 'And now?', 'still a ring'])
      conversations.selectBranch(first.answerId)
      expect(shown(first.conversationId)).toEqual(['What is it?', 'a circle'])
    })

    test('further down a branch is shown by its first answer', () => {
      const above = answered('one', 'eins')
      const below = pair('two', above.conversationId)
      endBoth(below, 'zwei', 'due')
      conversations.answerAgain(above.userMessageId, { model: 'one' })
      conversations.selectBranch(above.answerId)
      expect(shown(above.conversationId)).toEqual(['one', 'eins', 'two', 'zwei'])
    })

    test('is watched together: snapshot, progress, text and end of both in one gapless sequence', async () => {
      const first = answered('one', 'eins')
      const stream = conversations.watch(first.conversationId)
      const sent = pair('two', first.conversationId)
      conversations.progress(sent.besideId, { phase: 'waiting', done: 0, total: 1 })
      conversations.append(sent.answerId, 'zw')
      conversations.append(sent.besideId, 'du')
      const late = conversations.watch(first.conversationId)
      conversations.append(sent.answerId, 'ei')
      conversations.append(sent.besideId, 'e')
      conversations.finish(sent.besideId, { status: 'complete' })
      conversations.finish(sent.answerId, { status: 'stopped' })
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
      const stream = conversations.watch(sent.conversationId)
      conversations.selectBranch(sent.besideId)
      conversations.append(sent.answerId, 'eins')
      conversations.append(sent.besideId, 'uno')
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
      conversations.append(sent.answerId, 'Once upon')
      conversations.append(sent.besideId, 'There was')
      reopen()
      const both = [sent.answerId, sent.besideId].map((id) => conversations.message(id))
      expect(both.map((message) => [message.status, said(message)])).toEqual([
        ['interrupted', 'Once upon'],
        ['interrupted', 'There was'],
      ])
    })

    test('is found by the text of either, and removed with its conversation', () => {
      const sent = pair('animals')
      endBoth(sent, 'porcupine', 'hedgehog')
      for (const word of ['porcupine', 'hedgehog']) expect(conversations.search(word, 10)).toHaveLength(1)
      conversations.selectBranch(sent.besideId)
      answered('more', 'weasel', sent.conversationId)
      conversations.remove(sent.conversationId)
      for (const word of ['porcupine', 'hedgehog']) expect(conversations.search(word, 10)).toEqual([])
      for (const table of ['messages', 'parts', 'search_grams'])
        expect(store.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), table).toBe(0)
    })
  })

  test('choosing a message of the current branch keeps the leaf', () => {
    const first = answered('1', 'one')
    conversations.answerAgain(first.userMessageId, { model: 'demo' })
    conversations.selectBranch(first.answerId)
    conversations.selectBranch(first.userMessageId)
    expect(conversations.get(first.conversationId).leafId).toBe(first.answerId)
  })

  test('answers that were streaming when the process ended are interrupted with their text', () => {
    const sent = ask(text('Tell me'))
    conversations.append(sent.answerId, 'Once upon')
    reopen()
    const message = conversations.message(sent.answerId)
    expect([message.status, message.error?.code, said(message)]).toEqual(['interrupted', 'Interrupted', 'Once upon'])
    expect(conversations.search('Once upon', 10)).toHaveLength(1)
    expect(() => conversations.append(sent.answerId, ' more')).toThrow('not streaming')
  })

  test('the title is the first words of the question, or the name of the first picture', () => {
    const title = (parts: Part[]) => conversations.get(ask(parts).conversationId).title
    expect(title([picture('a'), ...text('  What\n is   this? ')])).toBe('What is this?')
    expect(title(text('word '.repeat(40)))).toBe(`${'word '.repeat(11).trim()}…`)
    expect(title(text('字'.repeat(100)))).toBe(`${'字'.repeat(59)}…`)
    expect(title([picture('a', 'harbour.png')])).toBe('harbour.png')
  })

  test('a conversation deeper than any recursion limit is read and removed', () => {
    let sent = answered('0', 'a0')
    store.db.transaction(() => {
      for (let i = 1; i < 1500; i++) sent = answered(String(i), `a${i}`, sent.conversationId)
    })()
    expect(shown(sent.conversationId)).toHaveLength(3000)
    conversations.remove(sent.conversationId)
    for (const table of ['conversations', 'messages', 'parts', 'search_grams']) {
      expect(store.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), table).toBe(0)
    }
  })

  test('ids that are not there are NotFound, and nothing is stored for them', () => {
    for (const action of [
      () => ask(text('?'), 'nowhere'),
      () => conversations.answerAgain('nothing', { model: 'demo' }),
      () => conversations.remove('nowhere'),
      () => conversations.rename('nowhere', 'x'),
      () => conversations.selectBranch('nothing'),
      () => conversations.watch('nowhere'),
      () => conversations.path('nothing'),
    ]) {
      expect(action).toThrow(notFound)
    }
    expect(store.db.prepare('SELECT count(*) FROM messages').pluck().get()).toBe(0)
  })

  test('what is drawn on a picture and what the answer is held to is kept with the question', () => {
    const marks = [
      { type: 'box', x1: 0.1, y1: 0.25, x2: 0.5, y2: 1, label: 'Box 1' },
      { type: 'point', x: 0, y: 1 / 3, label: '' },
    ] as const
    const format = { name: 'Table', schema: '{\n  "type": "array"\n}' }
    const sent = conversations.ask({
      conversationId: null,
      parts: [{ ...picture('a'), marks: [...marks] }],
      format,
      model: 'demo',
    })
    conversations.lowerDetail(sent.userMessageId, 1000)
    reopen()
    expect(conversations.message(sent.userMessageId)).toMatchObject({
      format,
      parts: [{ type: 'image', marks, budget: { maxPixels: 1000 } }],
    })
    expect(conversations.message(sent.answerId).format).toBeNull()
  })

  test('formats that were used are told once, the latest first', () => {
    const asked = (name: string) =>
      conversations.ask({ conversationId: null, parts: text('?'), format: { name, schema: '{}' }, model: 'demo' })
    const [one] = [asked('one'), asked('two'), asked('one'), ask(text('no format'))]
    expect(conversations.recentFormats(9).map(({ name }) => name)).toEqual(['one', 'two'])
    expect(conversations.recentFormats(1)).toEqual([{ name: 'one', schema: '{}' }])
    conversations.remove(one.conversationId)
    expect(conversations.recentFormats(9)).toHaveLength(2)
  })

  test('referenced shas are those of every branch, once, until the conversation is removed', () => {
    const first = ask([picture('a'), picture('b')])
    const second = ask([picture('b'), picture('c')])
    expect(conversations.referencedShas().sort()).toEqual(['a', 'b', 'c'].map((fill) => fill.repeat(64)))
    conversations.remove(first.conversationId)
    expect(conversations.referencedShas().sort()).toEqual(['b', 'c'].map((fill) => fill.repeat(64)))
    conversations.remove(second.conversationId)
    expect(conversations.referencedShas()).toEqual([])
  })
})

describe('search', () => {
  const found = (query: string) =>
    conversations.search(query, 10).map((hit) => hit.snippet.replaceAll('\u0002', '<').replaceAll('\u0003', '>'))

  test('finds parts of words in titles and texts, without regard to case and accents', () => {
    answered('A question', 'The Café by the lighthouse is closed')
    expect(found('CAFE')).toEqual(['The <Café> by the lighthouse is closed'])
    expect(found('light the')).toEqual(['<The> Café by <the> <light>house is closed'])
    expect(found('lighthouse open')).toEqual([])
    expect(found('questi')).toEqual(['A <questi>on'])
  })

  test('finds words of one and two characters and scripts without spaces', () => {
    answered('图片里有什么', '一只红色的圆形')
    expect(found('红色')).toEqual(['一只<红色>的圆形'])
    expect(found('圆')).toEqual(['一只红色的<圆>形'])
    expect(found('图片里')).toEqual(['<图片里>有什么'])
  })

  test.each([
    ['ЁЖ и Да', ['ёж', 'Ёж', 'да', 'ДА', 'е\u0308ж', 'И']],
    ['\u0415\u0308Ж', ['ёж', 'ЁЖ']],
    ['Öl auf der Straße', ['öl', 'OL', 'o\u0308l', 'ss', 'ẞ', 'STRASSE', 'strasse', 'straße']],
    ['GROSSE MASSE', ['ß', 'große', 'Maße']],
    ['İz ve ışık', ['iz', 'İZ', 'IZ', 'iş']],
    ['İSTANBUL', ['istanbul', 'Istanbul', 'is']],
    ['ΟΔΟΣ', ['ος', 'ΟΣ', 'οσ', 'οδος', 'οδοσ']],
    ['Նոր', ['նո', 'ՆՈՐ']],
    ['ﬁn', ['fi', 'FI']],
  ])('%s is found in other cases and spellings', (said, queries) => {
    answered('?', said)
    for (const query of queries) expect([query, found(query).length]).toEqual([query, 1])
  })

  test('letters of other scripts keep their marks', () => {
    answered('?', 'мой дом, が')
    expect([found('ои'), found('か'), found('й'), found('が')].map((hits) => hits.length)).toEqual([0, 0, 1, 1])
    expect(found('ОЙ')).toEqual(['м<ой> дом, が'])
  })

  test('takes operators, quotes and wildcards as plain text', () => {
    answered('x', 'say "NEAR(a b)" or 100%_sure')
    expect(found('"NEAR(a')).toEqual(['say <"NEAR(a> b)" or 100%_sure'])
    expect(found('%_')).toEqual(['say "NEAR(a b)" or 100<%_>sure'])
    expect(found('*')).toEqual([])
    for (const query of ['', '   ', '"', 'AND', 'text:', '-', '\0\0\0', "'; DROP TABLE messages"])
      expect(() => conversations.search(query, 10)).not.toThrow()
  })

  test('gives each conversation once, titles first, then newest first, up to the limit', () => {
    const old = answered('nothing', 'blue whale, blue whale')
    const recent = answered('nothing else', 'a blue whale')
    const titled = answered('blue whale?', 'blue whale')
    expect(conversations.search('blue whale', 10).map((hit) => hit.conversation.id)).toEqual(
      [titled, recent, old].map((sent) => sent.conversationId),
    )
    expect(conversations.search('blue whale', 2)).toHaveLength(2)
  })

  test('follows renaming, removal, and the end of an answer', () => {
    const sent = ask(text('first'))
    conversations.append(sent.answerId, 'porcupine')
    expect(found('porcupine')).toEqual([])
    conversations.finish(sent.answerId, { status: 'stopped' })
    expect(found('porcupine')).toEqual(['<porcupine>'])
    conversations.rename(sent.conversationId, 'hedgehogs')
    expect(found('hedgehog')).toEqual(['<hedgehog>s'])
    conversations.remove(sent.conversationId)
    expect([...found('porcupine'), ...found('hedgehog'), ...found('first')]).toEqual([])
  })

  test('a long text is cut around the first hit', () => {
    answered('q', `${'lorem '.repeat(200)}needle${' ipsum'.repeat(200)}`)
    const [snippet = ''] = found('needle')
    expect(snippet).toMatch(/^….*<needle>.*…$/)
    expect(snippet.length).toBeLessThan(170)
  })
})

describe('watching', () => {
  async function take<T>(stream: AsyncIterator<T>, count: number): Promise<T[]> {
    const events: T[] = []
    while (events.length < count) events.push((await stream.next()).value as T)
    return events
  }

  test('a watcher gets the snapshot and then a gapless sequence', async () => {
    const first = answered('one', 'eins')
    const stream = conversations.watch(first.conversationId)
    const next = ask(text('two'), first.conversationId)
    conversations.progress(next.answerId, { phase: 'prefill', done: 1, total: 2 })
    conversations.append(next.answerId, 'zw')
    conversations.append(next.answerId, 'ei')
    conversations.finish(next.answerId, { status: 'complete' })
    conversations.rename(first.conversationId, 'Zahlen')
    conversations.remove(first.conversationId)
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
      const [event] = await take(conversations.watch(sent.conversationId), 1)
      return event?.type === 'snapshot' ? { progress: event.progress, said: event.messages.map(said) } : null
    }
    conversations.progress(sent.answerId, { phase: 'encoding', done: 1, total: 3 })
    expect(await late()).toEqual({
      progress: { [sent.answerId]: { phase: 'encoding', done: 1, total: 3 } },
      said: ['one', ''],
    })
    conversations.append(sent.answerId, 'half')
    expect(await late()).toEqual({ progress: {}, said: ['one', 'half'] })
  })

  test('what changes in a long conversation is told alone, never the conversation again', async () => {
    let last = answered('0', 'a0')
    const [first] = [last]
    for (let n = 1; n < 20; n++) last = answered(String(n), `a${n}`, first.conversationId)
    const detailed = conversations.ask({
      conversationId: first.conversationId,
      parts: [picture('a'), ...text('see')],
      model: 'demo',
    })
    conversations.finish(detailed.answerId, { status: 'complete' })
    const stream = conversations.watch(first.conversationId)
    const before = conversations.path(detailed.answerId)
    conversations.rename(first.conversationId, 'Long')
    const again = conversations.answerAgain(detailed.userMessageId, { model: 'demo' })
    conversations.selectBranch(detailed.answerId)
    conversations.lowerDetail(detailed.answerId, 1000)
    const other = conversations.answerAgain(first.userMessageId, { model: 'demo' })
    conversations.selectBranch(first.answerId)
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
    expect(messagesOf(events[6])).toEqual([...before.slice(1, -1).map(({ id }) => id), again.answerId])
  })

  test('an answer on a branch that is not shown sends nothing until it is chosen', async () => {
    const first = answered('one', 'eins')
    const second = conversations.answerAgain(first.userMessageId, { model: 'demo' })
    const stream = conversations.watch(first.conversationId)
    conversations.selectBranch(first.answerId)
    conversations.append(second.answerId, 'unseen')
    conversations.progress(second.answerId, { phase: 'waiting', done: 0, total: 1 })
    conversations.selectBranch(second.answerId)
    conversations.append(second.answerId, ' seen')
    const events = await take(stream, 4)
    expect(events.map((event) => event.type)).toEqual(['snapshot', 'branch', 'branch', 'text'])
    expect(events[2]).toMatchObject({ after: first.userMessageId, messages: [{ parts: text('unseen') }], others: [] })
    expect(events[3]).toMatchObject({ offset: 6, text: ' seen' })
  })

  test('a watcher who stops reading loses the stream; others go on', async () => {
    const sent = ask(text('one'))
    const asleep = conversations.watch(sent.conversationId)
    const awake = conversations.watch(sent.conversationId)
    const seen: ConversationEvent[] = await take(awake, 1)
    for (let i = 0; i < 1500; i++) {
      conversations.progress(sent.answerId, { phase: 'prefill', done: i, total: 1500 })
      seen.push(...(await take(awake, 1)))
    }
    expect(seen.map((event) => event.seq)).toEqual(Array.from({ length: 1501 }, (_, i) => i))
    expect((await asleep.next()).done).toBe(true)
  })

  test('the list tells of new, renamed, answered and removed conversations', async () => {
    const old = answered('old', 'x')
    const list = conversations.watchList()
    const sent = answered('new', 'y')
    conversations.rename(old.conversationId, 'older')
    conversations.remove(old.conversationId)
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
            conversations.append(answerId, current.text)
            written += current.text
          } else if (current.type === 'join') {
            watchers.push({ stream: conversations.watch(sent.conversationId), views: new Map(), seq: null })
            await read(watchers.at(-1) as (typeof watchers)[number])
          } else if (current.type === 'branch') {
            conversations.finish(answerId, { status: 'stopped' })
            answerId = conversations.answerAgain(sent.userMessageId, { model: 'demo' }).answerId
            written = ''
          } else {
            conversations.progress(answerId, { phase: 'prefill', done: 0, total: 1 })
            for (const watcher of watchers) await read(watcher)
          }
        }
        const path = conversations.path(answerId)
        expect(said(path[1] as Message)).toBe(written)
        conversations.remove(sent.conversationId)
        for (const watcher of watchers) {
          while (await read(watcher));
          expect(watcher.views).toEqual(new Map(path.map((message) => [message.id, said(message)])))
        }
      }),
      { numRuns: 60 },
    )
  })
})
