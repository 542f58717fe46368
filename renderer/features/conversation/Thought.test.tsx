// @vitest-environment happy-dom
import type { ConversationEvent, Message, Part } from '#contract'
import { act, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { applyEvent, opening } from '../../lib/conversation/state.ts'
import type { OpenConversation } from '../../lib/conversation/state.ts'
import { clearPage } from '../../testing/page.ts'
import { wholePath } from '../../testing/wholePath.ts'
import { Conversation } from './Conversation.tsx'
import { useOpenConversation } from './store.ts'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)
afterEach(clearPage)

const message = (id: string, over: Partial<Message> = {}): Message => ({
  id,
  conversationId: 'c',
  parentId: null,
  role: 'user',
  parts: [{ type: 'text', text: 'What is it?' }],
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
  siblings: [id],
  ...over,
})
const thought = (text: string, ended?: { ms: number; tokens: number }): Part => ({ type: 'reasoning', text, ...ended })
const answer = (parts: Part[], over: Partial<Message> = {}): Message =>
  message('a', { parentId: 'q', role: 'assistant', parts, ...over })
const said = (text: string): Part => ({ type: 'text', text })

let seq = 0
const tell = (event: ConversationEvent): void =>
  useOpenConversation.setState(applyEvent(useOpenConversation.getState(), event) as OpenConversation, true)
const show = (...messages: Message[]): void => {
  seq = 0
  const conversation = { id: 'c', title: 'T', createdAt: 1, updatedAt: 1, leafId: messages.at(-1)!.id }
  const snapshot: ConversationEvent = { type: 'snapshot', seq, conversation, ...wholePath(messages), progress: {} }
  useOpenConversation.setState(applyEvent(opening('c'), snapshot) as OpenConversation, true)
  render(<Conversation />)
}
const fold = (): HTMLElement => screen.getByRole('button', { name: /^Th(ought|inking)/ })
const shown = (): string | null => screen.queryByTestId('thought')?.textContent ?? null

test('a thought is folded under how long it took; its button opens it, and closes it again', () => {
  show(message('q'), answer([thought('Let me see.', { ms: 12_400, tokens: 40 }), said('A ring.')]))
  expect(fold().textContent).toMatch(/^Thought for 12(\.4)? s$/)
  expect(fold().getAttribute('aria-expanded')).toBe('false')
  expect(shown()).toBeNull()
  fireEvent.click(fold())
  expect(fold().getAttribute('aria-expanded')).toBe('true')
  expect(shown()).toBe('Let me see.')
  fireEvent.click(fold())
  expect(fold().getAttribute('aria-expanded')).toBe('false')
})

test('while the model thinks that is said, with what it has thought in the fold; then come its length and the answer', () => {
  show(message('q'), answer([said('')], { status: 'streaming' }))
  expect(screen.queryByRole('button', { name: /Thinking/ })).toBeNull()
  expect(screen.getByTestId('progress')).toBeTruthy()
  act(() => tell({ type: 'reasoning', seq: ++seq, messageId: 'a', offset: 0, text: 'Let me' }))
  expect(fold().textContent).toBe('Thinking…')
  expect(screen.queryByTestId('progress')).toBeNull()
  fireEvent.click(fold())
  act(() => tell({ type: 'reasoning', seq: ++seq, messageId: 'a', offset: 6, text: ' see.' }))
  expect(shown()).toBe('Let me see.')
  const parts = [thought('Let me see.', { ms: 3000, tokens: 9 }), said('')]
  act(() => tell({ type: 'message', seq: ++seq, message: answer(parts, { status: 'streaming' }) }))
  expect(fold().textContent).toMatch(/^Thought for 3(\.0)? s$/)
  expect(shown(), 'what was opened stays open').toBe('Let me see.')
  act(() => tell({ type: 'text', seq: ++seq, messageId: 'a', offset: 0, text: 'A ring.' }))
  expect(screen.getByTestId('answer-text').textContent).toBe('A ring.')
})

test('a thought that was stopped or cut short says so, and its answer says nothing that it has not got', () => {
  show(message('q'), answer([thought('Let me'), said('')], { status: 'interrupted' }))
  expect(fold().textContent).toBe('Thought, cut short')
  expect(screen.queryByText(/empty answer/)).toBeNull()
  expect(screen.queryByRole('button', { name: 'Copy answer' })).toBeNull()
})

test('a thought that ended without an answer stands open, and that is said', () => {
  show(message('q'), answer([thought('Let me see.', { ms: 10, tokens: 4 }), said('')]))
  expect(shown()).toBe('Let me see.')
  expect(screen.getByText(/without an answer/)).toBeTruthy()
})

test('an answer without a thought has no fold', () => {
  show(message('q'), answer([said('A ring.')]))
  expect(screen.queryByRole('button', { name: /^Th/ })).toBeNull()
})

test('only the answer is copied', () => {
  const writeText = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
  show(message('q'), answer([thought('Let me see.', { ms: 10, tokens: 4 }), said('A ring.')]))
  fireEvent.click(screen.getByRole('button', { name: 'Copy answer' }))
  expect(writeText.mock.calls).toEqual([['A ring.']])
})

test('each of two answers has its own thought', () => {
  const pair = [
    answer([thought('first', { ms: 1000, tokens: 4 }), said('eins')]),
    answer([thought('second', { ms: 2000, tokens: 4 }), said('zwei')], { id: 'b', beside: 'a' }),
  ]
  const conversation = { id: 'c', title: 'T', createdAt: 1, updatedAt: 1, leafId: 'a' }
  const snapshot = { type: 'snapshot', seq: 0, conversation, progress: {} } as const
  useOpenConversation.setState(
    applyEvent(opening('c'), {
      ...snapshot,
      ...wholePath([message('q'), pair[0]!], [pair[1]!]),
    }) as OpenConversation,
    true,
  )
  render(<Conversation />)
  const folds = screen.getAllByRole('button', { name: /^Thought/ })
  expect(folds).toHaveLength(2)
  fireEvent.click(folds[1]!)
  expect(screen.getAllByTestId('thought').map(({ textContent }) => textContent)).toEqual(['second'])
})
