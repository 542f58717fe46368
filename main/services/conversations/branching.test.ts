import { describe, expect, test } from 'vitest'
import type { AppError, ConversationEvent, ConversationListEvent } from '#contract'
import { createBed, picture, said, text } from './testing/bed.ts'

const bed = createBed()
const code = (value: string) => expect.objectContaining({ code: value }) as AppError
const inTrash = async () => {
  const { value } = await bed.conversations.watchList().next()
  const { conversations } = value as Extract<ConversationListEvent, { type: 'snapshot' }>
  return conversations.filter(({ deletedAt }) => deletedAt !== undefined)
}
/** Two questions with their answers. */
const twoTurns = () => {
  const first = bed.answered('One?', '1')
  const second = bed.answered('Two?', '2', first.conversationId)
  return { id: first.conversationId, first, second }
}

describe('an edited question', () => {
  test('stands beside the one it is a version of, and what came after that is kept on its branch', async () => {
    const { id, first } = twoTurns()
    const stream = bed.conversations.watch(id)
    await stream.next()
    const sent = bed.conversations.ask({
      ...{ conversationId: id, parts: text('Another?'), model: 'demo' },
      edits: first.userMessageId,
    })
    const { value } = await stream.next()
    expect(value).toMatchObject({ type: 'branch', after: null, messages: [{ parts: [{ text: 'Another?' }] }, {}] })
    expect(bed.shown(id)).toEqual(['Another?', ''])
    expect(bed.conversations.message(sent.userMessageId).siblings).toEqual([first.userMessageId, sent.userMessageId])
    bed.conversations.finish(sent.answerId, { status: 'complete' })
    bed.conversations.selectBranch(first.userMessageId)
    expect(bed.shown(id)).toEqual(['One?', '1', 'Two?', '2'])
  })
})

describe('an edited answer', () => {
  test('is a version of it, said to be edited, and the conversation goes on from it', () => {
    const { id, first } = twoTurns()
    const edited = bed.conversations.editAnswer(first.answerId, 'Uno')
    expect(bed.shown(id)).toEqual(['One?', 'Uno'])
    expect(bed.conversations.message(edited)).toMatchObject({
      ...{ edited: true, status: 'complete', model: 'demo', usage: null },
      siblings: [first.answerId, edited],
    })
    expect(bed.conversations.message(first.answerId)).not.toHaveProperty('edited')
    expect(bed.conversations.search('Uno', 10)).toHaveLength(1)
    bed.reopen()
    expect(bed.conversations.message(edited).edited).toBe(true)
  })

  test('is none of a question, nor of what is being written', () => {
    const { first } = twoTurns()
    expect(() => bed.conversations.editAnswer(first.userMessageId, 'x')).toThrow(code('InvalidInput'))
    const sent = bed.ask(text('Wait'))
    expect(() => bed.conversations.editAnswer(sent.answerId, 'x')).toThrow(code('Busy'))
  })
})

describe('a deleted message', () => {
  test('takes with it what hangs on it, is in the trash, and comes back to its place', async () => {
    const { id, first, second } = twoTurns()
    const stream = bed.conversations.watch(id)
    await stream.next()
    const removed = bed.conversations.removeMessage(first.answerId)
    expect(removed).toMatchObject({ questions: 1, answers: 2 })
    expect((await stream.next()).value).toMatchObject({ type: 'branch', after: first.userMessageId, messages: [] })
    expect(bed.shown(id)).toEqual(['One?'])
    expect(bed.conversations.search('Two', 10)).toEqual([])
    expect(bed.conversations.whole(id).messages).toHaveLength(1)
    expect(await inTrash()).toMatchObject([{ id: removed.trashId, partOf: id, title: '1' }])
    bed.reopen()

    const again = bed.conversations.watch(id)
    await again.next()
    bed.conversations.restore([removed.trashId])
    expect(bed.shown(id)).toEqual(['One?', '1', 'Two?', '2'])
    const { value } = (await again.next()) as { value: Extract<ConversationEvent, { type: 'branch' }> }
    expect(value.messages.map(said)).toEqual(['1', 'Two?', '2'])
    expect(bed.conversations.get(id).leafId).toBe(second.answerId)
    expect(await inTrash()).toEqual([])
    expect(bed.conversations.search('Two', 10)).toHaveLength(1)
  })

  test('leaves the version beside it to be shown', () => {
    const { id, first } = twoTurns()
    bed.conversations.editAnswer(first.answerId, 'Uno')
    bed.conversations.removeMessage(bed.conversations.get(id).leafId!)
    expect(bed.shown(id)).toEqual(['One?', '1', 'Two?', '2'])
    expect(bed.conversations.message(first.answerId).siblings).toEqual([first.answerId])
  })

  test('is the whole conversation where nothing else would be left of it', async () => {
    const { id, first } = twoTurns()
    const removed = bed.conversations.removeMessage(first.userMessageId)
    expect(removed).toEqual({ trashId: id, questions: 2, answers: 2 })
    expect(await inTrash()).toMatchObject([{ id }])
    bed.conversations.restore([removed.trashId])
    expect(bed.shown(id)).toEqual(['One?', '1', 'Two?', '2'])
  })

  test('takes along what was deleted below it before, and brings it back into what is restored', async () => {
    const { id, first, second } = twoTurns()
    const below = bed.conversations.removeMessage(second.answerId)
    const above = bed.conversations.removeMessage(first.answerId)
    expect(above).toMatchObject({ questions: 1, answers: 1 })
    // the one below lies within what the other holds, which comes back with it
    bed.conversations.restore([below.trashId])
    expect(bed.shown(id)).toEqual(['One?', '1', 'Two?', '2'])
    expect(await inTrash()).toEqual([])
  })

  test('is gone for good with its conversation, and alone; its pictures are held until then', async () => {
    const { id, second } = twoTurns()
    const third = bed.ask([picture('c'), ...text('Three?')], id)
    bed.conversations.finish(third.answerId, { status: 'complete' })
    const { trashId } = bed.conversations.removeMessage(third.userMessageId)
    expect(bed.conversations.referencedShas()).toEqual(['c'.repeat(64)])
    expect(bed.conversations.heldBy(id)).toEqual([])
    expect(bed.conversations.heldBy(trashId)).toMatchObject([{ sha: 'c'.repeat(64) }])
    bed.conversations.remove(trashId)
    expect(bed.conversations.referencedShas()).toEqual([])
    const piece = bed.conversations.removeMessage(second.userMessageId)
    expect(bed.conversations.pieces(id)).toEqual([piece.trashId])
    bed.conversations.remove(id)
    expect(await inTrash()).toEqual([])
    expect(() => bed.conversations.get(piece.trashId)).toThrow(code('NotFound'))
  })

  test('is not taken from below an answer that is being written', () => {
    const { id, first } = twoTurns()
    bed.ask(text('Three?'), id)
    expect(() => bed.conversations.removeMessage(first.answerId)).toThrow(code('Busy'))
    expect(() => bed.conversations.removeMessage('gone')).toThrow(code('NotFound'))
  })

  test('of a pair of answers takes both', () => {
    const sent = bed.conversations.ask({ conversationId: null, parts: text('Who?'), model: 'a', beside: 'b' })
    for (const id of [sent.answerId, sent.besideId!]) bed.conversations.finish(id, { status: 'complete' })
    const { trashId, answers } = bed.conversations.removeMessage(sent.answerId)
    expect(answers).toBe(2)
    expect(bed.shown(sent.conversationId)).toEqual(['Who?'])
    bed.conversations.restore([trashId])
    expect(bed.conversations.get(sent.conversationId).leafId).toBe(sent.answerId)
  })
})

test('a map has every branch, with what is shown of them', () => {
  const { id, first } = twoTurns()
  bed.conversations.editAnswer(first.answerId, 'Uno')
  const entries = bed.conversations.map(id)
  expect(entries.map(({ text, shown }) => [text, shown])).toEqual([
    ['One?', true],
    ['1', false],
    ['Two?', false],
    ['2', false],
    ['Uno', true],
  ])
  expect(entries[4]!.parentId).toBe(first.userMessageId)
})
