import type { Message } from '#contract'
import { expect, test } from 'vitest'
import { applyEvent, opening } from '../../lib/conversation/state.ts'
import type { OpenConversation } from '../../lib/conversation/state.ts'
import { wholePath } from '../../testing/wholePath.ts'
import { canReadOn } from './DocumentAnswer.tsx'

const message = (n: number, over: Partial<Message>): Message => ({
  id: `m${n}`,
  conversationId: 'c',
  parentId: n === 0 ? null : `m${n - 1}`,
  role: n === 0 ? 'user' : 'assistant',
  parts: [{ type: 'text', text: 'words' }],
  format: null,
  status: 'complete',
  error: null,
  model: 'demo',
  usage: null,
  timings: null,
  seen: null,
  leftOut: 0,
  beside: null,
  createdAt: 1,
  siblings: [`m${n}`],
  ...over,
})
const canGoOn = (job: Message['job'], status: Message['status']): boolean => {
  const profile = { id: 'reader', name: 'Reader', parser: 'markdown', space: null } as const
  const answer = message(1, { status, seen: { family: 'qwen2vl', media: [], profile } })
  const opened = applyEvent(opening('c'), {
    type: 'snapshot',
    seq: 0,
    conversation: { id: 'c', title: 'Pages', createdAt: 1, updatedAt: 1, leafId: 'm1' },
    ...wholePath([message(0, job ? { job } : {}), answer]),
    progress: {},
  })
  return canReadOn(opened as OpenConversation, answer)
}

test('only pages that are read one by one, and were not all read, can be gone on with', () => {
  const page = { id: 'page', label: 'Read the page', pages: 'each' } as const
  expect(canGoOn(page, 'stopped')).toBe(true)
  expect(canGoOn(page, 'complete')).toBe(false)
  expect(canGoOn({ id: 'table', label: 'Read a table' }, 'stopped')).toBe(false)
  expect(canGoOn(undefined, 'stopped')).toBe(false)
})
