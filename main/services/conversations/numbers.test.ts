import type { Part } from '#contract'
import { expect, test } from 'vitest'
import { createBed, picture, text } from './testing/bed.ts'

const bed = createBed()
const frames: Part = {
  type: 'frames',
  name: 'v',
  pictures: [picture('e').attachment, picture('f').attachment],
  fps: 2,
}
const before = (id: string) =>
  bed.conversations.path(bed.conversations.get(id).leafId as string).map(({ mediaBefore }) => mediaBefore ?? null)

test('each message is told how many pictures and videos come before it on its own branch', () => {
  const first = bed.ask([picture('a'), ...text('Q'), picture('b')])
  const id = first.conversationId
  bed.conversations.finish(first.answerId, { status: 'complete' })
  const second = bed.ask([frames, picture('c')], id)
  bed.conversations.finish(second.answerId, { status: 'complete' })
  const third = bed.answered('And now?', 'yes', id)
  const two = { pictures: 2, videos: 0 }
  const all = { pictures: 3, videos: 1 }
  expect(before(id)).toEqual([null, two, two, all, all, all])
  expect(bed.conversations.message(third.userMessageId).mediaBefore).toEqual(all)
  // an edited question counts from where it stands
  const edited = bed.conversations.ask({
    conversationId: id,
    parts: [picture('d')],
    model: 'demo',
    edits: second.userMessageId,
  })
  expect(before(id)).toEqual([null, two, two, { pictures: 3, videos: 0 }])
  bed.conversations.finish(edited.answerId, { status: 'complete' })
  bed.conversations.selectBranch(third.answerId)
  bed.reopen()
  expect(before(id)).toEqual([null, two, two, all, all, all])
})

test('a message that is filled in later numbers what comes after it on', () => {
  const sent = bed.ask([picture('a'), ...text('Q')])
  bed.conversations.finish(sent.answerId, { status: 'complete' })
  const later = bed.ask([picture('b')], sent.conversationId)
  bed.conversations.finish(later.answerId, { status: 'complete' })
  const whole = bed.conversations.whole(sent.conversationId)
  bed.conversations.remove(sent.conversationId)
  const [question, ...others] = whole.messages
  bed.conversations.add({ ...whole, messages: [{ ...question!, parts: text('Q'), missing: 1 }, ...others] })
  expect(before(sent.conversationId)).toEqual([null, null, null, { pictures: 1, videos: 0 }])
  expect(bed.conversations.add(whole)).toMatchObject({ added: 1 })
  const one = { pictures: 1, videos: 0 }
  expect(before(sent.conversationId)).toEqual([null, one, one, { pictures: 2, videos: 0 }])
})
