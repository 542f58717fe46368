import type { ConversationEvent } from '#contract'
import { expect, test } from 'vitest'
import { createBed, picture, said, text } from './testing/bed.ts'

const bed = createBed()
type Opened = Extract<ConversationEvent, { type: 'snapshot' | 'branch' }>

/** A conversation of so many questions with their answers. */
function turns(count: number, length = 1): string {
  let id: string | null = null
  bed.db.transaction(() => {
    for (let turn = 0; turn < count; turn++)
      id = bed.answered(`Q${turn}`, `A${turn}`.padEnd(length, '.'), id).conversationId
  })()
  return id!
}
async function opened(id: string): Promise<Opened> {
  const stream = bed.conversations.watch(id)
  const { value } = await stream.next()
  await stream.return?.(undefined)
  return value as Opened
}

test('of a long conversation the ids of the path are told and the newest messages sent; the others by their ids', async () => {
  const id = turns(1000)
  const { path, messages, others, pairs, branched } = await opened(id)
  expect(path).toHaveLength(2000)
  expect(messages.length).toBeLessThan(40)
  expect(messages.map(({ id }) => id)).toEqual(path.slice(-messages.length))
  expect(messages[0]!.role).toBe('user')
  expect(said(messages.at(-1)!)).toBe('A999')
  expect({ others, pairs, branched }).toEqual({ others: [], pairs: {}, branched: false })
  const found = bed.conversations.messages(id, [path[7]!, path[0]!, 'gone'])
  expect(found.map(said)).toEqual(['A3', 'Q0'])
  const elsewhere = bed.answered('Other', '1')
  expect(bed.conversations.messages(id, [elsewhere.answerId])).toEqual([])
})

test('long messages are fewer at once, but never less than a question with its answer', async () => {
  const { messages } = await opened(turns(20, 60_000))
  expect(messages.map(said).map((said) => said.slice(0, 3))).toEqual(expect.arrayContaining(['Q19', 'A19']))
  expect(messages.length).toBeLessThan(12)
  expect((await opened(turns(3, 900_000))).messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
})

test('another branch of a long conversation is sent by its newest messages too', async () => {
  const id = turns(100)
  const { path } = await opened(id)
  const edited = bed.conversations.editAnswer(path[1]!, 'Uno')
  expect((await opened(id)).branched).toBe(true)
  const stream = bed.conversations.watch(id)
  await stream.next()
  bed.conversations.selectBranch(path[1]!)
  const { value } = await stream.next()
  const event = value as Opened
  expect(event).toMatchObject({ type: 'branch', after: path[0], branched: true })
  expect(event.path).toEqual(path.slice(1))
  expect(event.messages.length).toBeLessThan(40)
  expect(event.messages.at(-1)!.id).toBe(path.at(-1))
  bed.conversations.selectBranch(edited)
  expect((await stream.next()).value).toMatchObject({ path: [edited], messages: [{ id: edited }] })
})

test('the other answer of each pair is told for the whole path', async () => {
  const first = bed.conversations.ask({ conversationId: null, parts: text('Both?'), model: 'a', beside: 'b' })
  for (const id of [first.answerId, first.besideId!]) bed.conversations.finish(id, { status: 'complete' })
  let id = first.conversationId
  for (let n = 0; n < 40; n++) ({ conversationId: id } = bed.answered(`${n}`, 'yes', id))
  const { pairs, others, branched } = await opened(id)
  expect(pairs).toEqual({ [first.answerId]: first.besideId })
  expect(others).toEqual([])
  expect(branched, 'two answers beside each other are one').toBe(false)
})

test('the pictures of the whole path are told with their places, and those of other branches not', () => {
  const first = bed.ask([...text('Look'), picture('a')])
  bed.conversations.append(first.answerId, 'hm', 'reasoning')
  bed.conversations.finish(first.answerId, { status: 'complete' })
  const second = bed.ask([picture('b'), picture('c'), ...text('And?')], first.conversationId)
  bed.conversations.finish(second.answerId, { status: 'complete' })
  bed.conversations.ask({
    conversationId: first.conversationId,
    parts: [picture('d')],
    model: 'demo',
    edits: second.userMessageId,
  })
  const placed = () =>
    bed.conversations
      .media(first.conversationId)
      .map(({ messageId, place, part }) => [messageId, place, 'attachment' in part && part.attachment.sha[0]])
  expect(placed().map(([, place, sha]) => [place, sha])).toEqual([
    [1, 'a'],
    [0, 'd'],
  ])
  bed.conversations.selectBranch(second.answerId)
  expect(placed()).toEqual([
    [first.userMessageId, 1, 'a'],
    [second.userMessageId, 0, 'b'],
    [second.userMessageId, 1, 'c'],
  ])
})

test('what opening asks of a conversation is answered by indexes', () => {
  turns(3)
  const plans = (sql: string) =>
    bed.db
      .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => detail)
  const up = `WITH RECURSIVE up (id, depth) AS (SELECT 'x', 0 UNION ALL SELECT m.parent_id, up.depth + 1 FROM up JOIN messages m ON m.id = up.id WHERE m.parent_id IS NOT NULL)`
  const all = [
    ...plans(
      `${up} SELECT p.type FROM up CROSS JOIN messages m ON m.id = up.id CROSS JOIN parts p ON p.message_id = m.id WHERE p.type <> 'text'`,
    ),
    ...plans(`${up} SELECT m.id FROM up CROSS JOIN messages m ON m.beside_id = up.id`),
    ...plans(
      `SELECT 1 FROM messages WHERE conversation_id = 'x' AND beside_id IS NULL GROUP BY parent_id HAVING count(*) > 1 LIMIT 1`,
    ),
  ]
  expect(all.filter((detail) => /^SCAN (m|p|parts|messages)\b/.test(detail))).toEqual([])
})
