import type { Conversation } from '#contract'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { useRoute } from '../../lib/route.ts'
import { followReading, noteEnded, useUnread } from './unread.ts'

const conversation = (id: string, answering = false): Conversation => ({
  ...{ id, title: id, createdAt: 1, updatedAt: 1, leafId: null },
  ...(answering && { answering: true as const }),
})
const upsert = (one: Conversation) => ({ type: 'upsert' as const, conversation: one })
const unread = () => [...useUnread.getState().ids]

let stop: () => void
beforeEach(() => {
  stop = followReading()
})
afterEach(() => {
  stop()
  useUnread.setState({ ids: new Set() })
})

test('an answer that ends elsewhere is unread until its conversation is opened', () => {
  const byId = { a: conversation('a', true), b: conversation('b', true), c: conversation('c') }
  noteEnded({ byId }, [upsert(conversation('a')), upsert(conversation('b')), upsert(conversation('c'))], 'b')
  expect(unread()).toEqual(['a'])
  noteEnded({ byId }, [upsert(conversation('b', true)), { type: 'removed', id: 'b' }], null)
  expect(unread()).toEqual(['a'])
  useRoute.setState({ conversationId: 'b' })
  expect(unread()).toEqual(['a'])
  useRoute.setState({ conversationId: 'a' })
  expect(unread()).toEqual([])
})
