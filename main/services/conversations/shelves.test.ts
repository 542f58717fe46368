import type { AppError, ConversationListEvent } from '#contract'
import { expect, test } from 'vitest'
import { createBed, text } from './testing/bed.ts'

const bed = createBed()
const { answered, ask, reopen } = bed
const code = (value: string) => expect.objectContaining({ code: value }) as AppError

/** What the list says of each conversation, newest first. */
async function listed() {
  const { value } = await bed.conversations.watchList().next()
  if (value?.type !== 'snapshot') throw new Error('No snapshot came.')
  return value.conversations.map(({ title, pinned, archived, deletedAt }) =>
    [title, pinned && 'pinned', archived && 'archived', deletedAt !== undefined && 'trash'].filter(Boolean).join(' '),
  )
}

test('conversations are pinned, archived, moved to the trash and back, and are so after a restart', async () => {
  const [a, b] = ['a', 'b'].map((name) => answered(name, 'yes').conversationId) as [string, string]
  bed.conversations.pin([a, a, 'gone'], true)
  bed.conversations.archive([a, b], true)
  expect(await listed()).toEqual(['b archived', 'a pinned archived'])
  bed.conversations.discard([a])
  reopen()
  expect(await listed()).toEqual(['b archived', 'a pinned archived trash'])
  bed.conversations.restore([a, 'gone'])
  bed.conversations.archive([b], false)
  bed.conversations.pin([a], false)
  reopen()
  expect(await listed()).toEqual(['b', 'a archived'])
})

test('what is in the trash takes no question and no answer until it is restored, and nothing of it is lost', () => {
  const { conversationId, userMessageId, answerId } = answered('What is it?', 'a heron')
  bed.conversations.discard([conversationId])
  expect(() => ask(text('And now?'), conversationId)).toThrow(code('InvalidInput'))
  expect(() => bed.conversations.answerAgain(userMessageId, { model: 'demo' })).toThrow(code('InvalidInput'))
  expect(() => bed.conversations.resume(answerId)).toThrow(code('InvalidInput'))
  expect(bed.shown(conversationId)).toEqual(['What is it?', 'a heron'])
  bed.conversations.restore([conversationId])
  ask(text('And now?'), conversationId)
  expect(bed.shown(conversationId)).toEqual(['What is it?', 'a heron', 'And now?', ''])
})

test('an answer that still comes for what is in the trash is stored', () => {
  const sent = ask(text('What is it?'))
  bed.conversations.append(sent.answerId, 'half')
  bed.conversations.discard([sent.conversationId])
  bed.conversations.append(sent.answerId, ' an answer')
  bed.conversations.finish(sent.answerId, { status: 'stopped' })
  expect(bed.shown(sent.conversationId)).toEqual(['What is it?', 'half an answer'])
})

test('search finds what is archived and not what is in the trash', () => {
  const [a, b] = ['a', 'b'].map((name) => answered(name, 'a heron').conversationId) as [string, string]
  bed.conversations.archive([a], true)
  bed.conversations.discard([b])
  const found = () => bed.conversations.search('heron', 10).map(({ conversation }) => conversation.id)
  expect(found()).toEqual([a])
  expect(bed.conversations.search('', 10, { model: 'demo' })).toHaveLength(1)
  bed.conversations.restore([b])
  expect(found()).toEqual([b, a])
})

test('those in the trash since before a time are told, the longest first', () => {
  const ids = ['a', 'b', 'c'].map((name) => answered(name, 'yes').conversationId)
  for (const id of [ids[1]!, ids[0]!]) bed.conversations.discard([id])
  const { deletedAt } = bed.conversations.get(ids[0]!)
  expect(bed.conversations.discardedBefore(Infinity)).toEqual([ids[1], ids[0]])
  expect(bed.conversations.discardedBefore(deletedAt!)).toEqual([ids[1]])
  const plan = bed.db.prepare('EXPLAIN QUERY PLAN SELECT id FROM conversations WHERE deleted_at < 1').all()
  expect(JSON.stringify(plan)).toContain('conversations_deleted')
})

test('watchers hear of few changes one by one, of many at once, and of none where nothing changes', async () => {
  const ids = Array.from({ length: 60 }, (_, n) => answered(`${n}`, 'yes').conversationId)
  const list = bed.conversations.watchList()
  const next = async () => (await list.next()).value as ConversationListEvent
  await next()
  bed.conversations.archive(ids.slice(0, 2), true)
  expect([await next(), await next()]).toMatchObject([
    { type: 'upsert', conversation: { id: ids[0], archived: true } },
    { type: 'upsert', conversation: { id: ids[1], archived: true } },
  ])
  bed.conversations.archive(ids.slice(0, 2), true)
  bed.conversations.discard(ids)
  const all = await next()
  expect(all.type === 'snapshot' && all.conversations.every(({ deletedAt }) => deletedAt !== undefined)).toBe(true)

  const open = bed.conversations.watch(ids[0]!)
  await open.next()
  bed.conversations.restore([ids[0]!])
  const { value } = await open.next()
  expect(value).toMatchObject({ type: 'conversation', conversation: { id: ids[0], archived: true } })
  expect(value?.type === 'conversation' && 'deletedAt' in value.conversation).toBe(false)
})
