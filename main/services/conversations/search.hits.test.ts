import type { AppError, Part } from '#contract'
import { describe, expect, test } from 'vitest'
import { createBed, picture, text } from './testing/bed.ts'

const bed = createBed()
const { ask, answered, reopen } = bed

const plain = (snippet: string): string => snippet.replaceAll('\u0002', '<').replaceAll('\u0003', '>')
/** What is found, each conversation as its title and its hits. */
const found = (...search: Parameters<typeof bed.conversations.search>) =>
  bed.conversations
    .search(...search)
    .map(({ title, hits, more }) => [
      title === null ? '' : plain(title),
      ...hits.map((hit) => plain(hit.snippet)),
      ...(more ? ['…'] : []),
    ])
const ids = (...search: Parameters<typeof bed.conversations.search>) =>
  bed.conversations.search(...search).map(({ conversation }) => conversation.id)

const video = (name: string): Part => {
  const attachment = {
    ...{ sha: 'd'.repeat(64), kind: 'video', mime: 'video/mp4', name, bytes: 1, width: 2, height: 2 },
    ...{ startMs: 0, durationMs: 1000, codec: 'avc1', fps: 1, decoded: null },
  } as unknown as Extract<Part, { type: 'video' }>['attachment']
  return { type: 'video', attachment, key: 'e'.repeat(64), sample: { indices: [0, 1], timesMs: [0, 500] } } as never
}
const frames = (name: string): Part => ({
  type: 'frames',
  name,
  pictures: [picture('1', 'one.png').attachment, picture('2', 'two.png').attachment],
  fps: 2,
})

describe('the messages that hold what is searched for', () => {
  test('are listed under their conversation, the latest first, no more than three', () => {
    const { conversationId } = answered('A heron?', 'one heron')
    expect(found('heron', 10)).toEqual([['A <heron>?', 'one <heron>', 'A <heron>?']])
    answered('And now?', 'two herons', conversationId)
    answered('And then?', 'three herons', conversationId)
    expect(found('heron', 10)).toEqual([['A <heron>?', 'three <heron>s', 'two <heron>s', 'one <heron>', '…']])
    answered('Elsewhere', 'a grey heron')
    expect(found('grey heron', 10)).toEqual([['', 'a <grey> <heron>']])
  })

  test('of a limited search are of so many conversations, each with all of its own', () => {
    for (const name of ['first', 'second', 'third']) {
      const { conversationId } = answered(name, 'a heron')
      answered('more', 'herons', conversationId)
    }
    expect(found('heron', 2)).toEqual([
      ['', '<heron>s', 'a <heron>'],
      ['', '<heron>s', 'a <heron>'],
    ])
  })

  test('stand on any branch, and are told in their order', () => {
    const { conversationId, userMessageId, answerId } = answered('What is it?', 'a heron')
    const again = bed.conversations.answerAgain(userMessageId, { model: 'demo' })
    bed.conversations.append(again.answerId, 'a stork, no heron')
    bed.conversations.finish(again.answerId, { status: 'complete' })
    expect(bed.conversations.findIn(conversationId, 'HERON', 10)).toMatchObject([
      { messageId: answerId, role: 'assistant', in: 'text', snippet: 'a \u0002heron\u0003' },
      { messageId: again.answerId, snippet: 'a stork, no \u0002heron\u0003' },
    ])
    expect(bed.conversations.findIn(conversationId, 'heron', 1)).toMatchObject([{ messageId: again.answerId }])
    expect([
      bed.conversations.findIn(conversationId, ' ', 10),
      bed.conversations.findIn(conversationId, 'owl', 10),
    ]).toEqual([[], []])
  })

  test('of a conversation that is gone are asked for in vain', () => {
    const { conversationId } = answered('What is it?', 'a heron')
    bed.conversations.remove(conversationId)
    expect(() => bed.conversations.findIn(conversationId, 'heron', 10)).toThrow(
      expect.objectContaining({ code: 'NotFound' }) as AppError,
    )
  })

  test('are shown without the signs that models write around what they name or stress', () => {
    answered('What is it?', '<|object_ref_start|>the **heron**<|object_ref_end|> stands')
    expect(found('heron', 10)).toEqual([['', 'the <heron> stands']])
  })
})

describe('names of files', () => {
  test('of pictures, videos and rows of pictures are found, beside the words of the question', () => {
    ask([picture('a', 'Héron am See.png'), ...text('What is it?')])
    ask([video('lake.mp4'), ...text('What happens?')])
    ask([frames('flight'), ...text('What does it do?')])
    expect(found('heron', 10)).toEqual([['', '<Héron> am See.png']])
    expect(bed.conversations.search('heron', 10)[0]?.hits).toMatchObject([{ in: 'file', role: 'user' }])
    expect(found('lake.mp4', 10)).toEqual([['', '<lake.mp4>']])
    expect(found('flight', 10)).toEqual([['', '<flight>']])
    expect(found('heron what', 10)).toEqual([['', '<What> is it?']])
    expect(found('heron happens', 10)).toEqual([])
  })

  test('that an earlier version did not index are found from the first moment, and after', () => {
    const { userMessageId } = ask([picture('a', 'heron.png'), ...text('What is it?')])
    const { position } = bed.db.prepare('SELECT position FROM messages WHERE id = ?').get(userMessageId) as {
      position: number
    }
    bed.db.prepare('DELETE FROM search_grams WHERE rowid = ?').run(position)
    bed.db.prepare('INSERT INTO search_again VALUES (?), (?)').run(position, position + 1_000)
    reopen()
    expect(found('heron', 10)).toEqual([['', '<heron>.png']])
  })
})

describe('a filter', () => {
  test('lets through what has pictures, videos, or answers of a model, with and without words', () => {
    const [shown, moving, said] = [
      ask([picture('a', 'a.png'), ...text('a heron')]),
      bed.conversations.ask({ conversationId: null, parts: [video('b.mp4'), ...text('a heron')], model: 'eye' }),
      answered('a heron', 'yes'),
    ].map(({ conversationId }) => conversationId) as [string, string, string]
    ask([frames('c')], said)
    reopen()
    expect(ids('heron', 10)).toEqual([said, moving, shown])
    expect(ids('heron', 10, { picture: true })).toEqual([shown])
    expect(ids('heron', 10, { video: true })).toEqual([said, moving])
    expect(ids('', 10, { video: true })).toEqual([said, moving])
    expect(ids('', 1, { video: true })).toEqual([said])
    expect(ids('heron', 10, { video: true, model: 'eye' })).toEqual([moving])
    expect(ids('', 10, { model: 'demo' })).toEqual([said, shown])
    expect(ids('heron', 10, { picture: true, video: true })).toEqual([])
    expect(ids('owl', 10, { picture: true })).toEqual([])
    expect([ids('', 10), ids('', 10, {})]).toEqual([[], []])
    expect(bed.conversations.procedures.answeredBy(undefined, { signal: new AbortController().signal })).toEqual([
      'demo',
      'eye',
    ])
    bed.conversations.remove(shown)
    expect(ids('', 10, { picture: true })).toEqual([])
  })

  test('lets through what was changed within a time', () => {
    const all = ['one', 'two', 'three'].map((name) => answered(name, 'a heron').conversationId)
    const times = all.map((id) => bed.conversations.get(id).updatedAt)
    expect(ids('heron', 10, { since: times[1]! })).toEqual([all[2], all[1]])
    expect(ids('', 10, { since: times[1]!, until: times[2]! })).toEqual([all[1]])
    expect(ids('heron', 10, { until: times[0]! })).toEqual([])
  })

  test('knows what an earlier version stored', async () => {
    const { conversationId } = ask([picture('a', 'a.png'), ...text('a heron')])
    const traits = () => bed.db.prepare('SELECT kind, value FROM conversation_traits').all()
    const before = traits()
    const { traits: migration } = await import('../../lib/database/migrations/018-traits.ts')
    bed.db.exec(`
      DROP TRIGGER part_added; DROP TRIGGER message_answered; DROP TABLE conversation_traits; DROP TABLE search_again`)
    bed.db.exec(migration)
    expect(traits()).toEqual(before)
    expect(ids('', 10, { picture: true })).toEqual([conversationId])
    expect(bed.db.prepare('SELECT count(*) FROM search_again').pluck().get()).toBe(1)
  })
})
