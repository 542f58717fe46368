// @vitest-environment happy-dom
import type { Message } from '#contract'
import { act, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { applyEvent, opening } from '../../lib/conversation/state.ts'
import type { OpenConversation } from '../../lib/conversation/state.ts'
import { clearPage, stubNearness } from '../../testing/page.ts'
import { Answer } from './Answer.tsx'
import { useOpenConversation } from './store.ts'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)
beforeEach(stubNearness)
afterEach(clearPage)

const answer = (over: Partial<Message>): Message => ({
  ...{ id: 'a', conversationId: 'c', parentId: 'q', role: 'assistant', format: null, status: 'complete', error: null },
  ...{ model: 'M', usage: null, timings: null, seen: null, leftOut: 0, beside: null, createdAt: 1, siblings: ['a'] },
  parts: [],
  ...over,
})
const reasoning = (text: string, ms?: number): Message['parts'][number] => ({
  type: 'reasoning',
  text,
  ...(ms !== undefined && { ms, tokens: 4 }),
})
const text = (value: string): Message['parts'][number] => ({ type: 'text', text: value })
function show(message: Message): void {
  const question = answer({ id: 'q', parentId: null, role: 'user', parts: [text('What is it?')], siblings: ['q'] })
  const conversation = { id: 'c', title: 'C', createdAt: 1, updatedAt: 1, leafId: 'a' }
  const opened = applyEvent(opening('c'), {
    ...{ type: 'snapshot', seq: 0, conversation, others: [], progress: {} },
    messages: [question, message],
  })
  useOpenConversation.setState(opened as OpenConversation)
  render(<Answer message={message} />)
}
const fold = (name: RegExp): HTMLElement => screen.getByRole('button', { name })

test('a thought is folded above its answer, and unfolds as the plain text that it is', () => {
  show(answer({ parts: [reasoning('**Box** at (1, 2)', 12_000), text('It is red.')] }))
  const trigger = fold(/^Thought for 12 s$/)
  expect(trigger.getAttribute('aria-expanded')).toBe('false')
  expect(screen.queryByTestId('thought')).toBeNull()
  act(() => void fireEvent.click(trigger))
  expect(trigger.getAttribute('aria-expanded')).toBe('true')
  expect(screen.getByTestId('thought').textContent).toBe('**Box** at (1, 2)')
})

test('Copy takes the answer alone', () => {
  const writeText = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
  show(answer({ parts: [reasoning('Let me see', 1), text('It is red.')] }))
  act(() => void fireEvent.click(screen.getByRole('button', { name: 'Copy answer' })))
  expect(writeText.mock.calls).toEqual([['It is red.']])
  writeText.mockRestore()
})

test('while it is written it says so, in place of the engine’s progress; cut short it tells no time', () => {
  show(answer({ status: 'streaming', parts: [reasoning('Let me'), text('')] }))
  expect(fold(/^Thinking…$/)).toBeTruthy()
  expect(screen.queryByTestId('progress')).toBeNull()
  clearPage()
  show(answer({ status: 'interrupted', parts: [reasoning('Let me'), text('')] }))
  expect(fold(/^Thought, cut short$/)).toBeTruthy()
})

test('where no answer came after it, it stands open', () => {
  show(answer({ parts: [reasoning('Let me see', 900), text('')] }))
  expect(screen.getByTestId('thought').textContent).toBe('Let me see')
  expect(screen.getByText('The model ended its thought without an answer.')).toBeTruthy()
})
