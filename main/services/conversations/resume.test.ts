import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AppError } from '#contract'
import { openStore } from '../../lib/database/index.ts'
import type { Store } from '../../lib/database/index.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createConversations } from './index.ts'
import type { Conversations } from './index.ts'

let folder: ReturnType<typeof tempFolder>
let store: Store
let conversations: Conversations
beforeEach(() => {
  folder = tempFolder()
  store = openStore(folder.path)
  conversations = createConversations(store.db)
})
afterEach(() => {
  store.close()
  folder.remove()
})

const code = (value: string) => expect.objectContaining({ code: value }) as AppError
const said = (id: string) =>
  conversations
    .message(id)
    .parts.map((part) => (part.type === 'text' ? part.text : ''))
    .join('')
const asked = () =>
  conversations.ask({ conversationId: null, parts: [{ type: 'text', text: 'Read' }], model: 'Reader' })

test('an answer that ended is written on, and what is written anew takes the place of all of it', async () => {
  const { conversationId, answerId } = asked()
  conversations.append(answerId, 'One and a ha')
  expect(() => conversations.resume(answerId)).toThrow(code('Busy'))
  conversations.finish(answerId, { status: 'failed', error: { code: 'EngineCrashed', message: 'It ended.' } })
  expect(() => conversations.rewrite(answerId, 'x')).toThrow(code('NotFound'))

  const stream = conversations.watch(conversationId)
  await stream.next()
  conversations.resume(answerId)
  expect((await stream.next()).value).toMatchObject({ message: { status: 'streaming', error: null } })
  conversations.rewrite(answerId, 'One')
  expect((await stream.next()).value).toMatchObject({ type: 'message', message: { parts: [{ text: 'One' }] } })
  conversations.append(answerId, ' and two')
  expect((await stream.next()).value).toMatchObject({ type: 'text', offset: 3, text: ' and two' })
  conversations.finish(answerId, { status: 'complete' })
  expect(said(answerId)).toBe('One and two')
  expect(conversations.search('two', 10)).toHaveLength(1)
})

test('only the last answer of a conversation is', () => {
  const { conversationId, answerId, userMessageId } = asked()
  conversations.finish(answerId, { status: 'stopped' })
  expect(() => conversations.resume(userMessageId)).toThrow(code('InvalidInput'))
  const next = conversations.ask({ conversationId, parts: [{ type: 'text', text: 'And?' }], model: 'Reader' })
  conversations.finish(next.answerId, { status: 'stopped' })
  expect(() => conversations.resume(answerId)).toThrow(code('InvalidInput'))
})
