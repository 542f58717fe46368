// @vitest-environment happy-dom
import type { Message } from '#contract'
import { act, render, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { applyEvent, opening } from '../../lib/conversation/state.ts'
import type { OpenConversation } from '../../lib/conversation/state.ts'
import type * as Documents from '../../lib/documents.ts'
import { core } from '../../testing/fakeRpc.ts'
import { clearPage } from '../../testing/page.ts'
import { wholePath } from '../../testing/wholePath.ts'
import { Conversation } from './Conversation.tsx'
import { useOpenConversation } from './store.ts'
import { playFrom } from './video/seenVideo.ts'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)
/** Documents with this in them cannot be read. */
const BROKEN = 'A broken table'
vi.mock('../../lib/documents.ts', async (importOriginal) => {
  const documents = await importOriginal<typeof Documents>()
  const readDocument: typeof documents.readDocument = (text, parser) => {
    if (text.includes(BROKEN)) throw new RangeError('Invalid array length')
    return documents.readDocument(text, parser)
  }
  return { ...documents, readDocument }
})

const message = (n: number, over: Partial<Message> = {}): Message => ({
  id: `m${n}`,
  conversationId: 'c',
  parentId: n === 0 ? null : `m${n - 1}`,
  role: n % 2 === 0 ? 'user' : 'assistant',
  parts: [{ type: 'text', text: n % 2 === 0 ? `question ${n}` : `## Answer ${n}\n\n- **bold ${n}**` }],
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
/** `loaded`: those that came with the snapshot; unset: all. */
const show = (messages: Message[], loaded = messages): void => {
  const opened = applyEvent(opening('c'), {
    type: 'snapshot',
    seq: 0,
    conversation: { id: 'c', title: 'Long', createdAt: 1, updatedAt: 1, leafId: messages.at(-1)!.id },
    ...wholePath(messages),
    messages: loaded,
    progress: {},
  })
  useOpenConversation.setState(opened as OpenConversation)
  render(<Conversation />)
}
const article = (n: number): Element => document.querySelector(`[data-message-id=m${n}]`)!
/** Only an answer in its form has headings and actions. */
const inForm = (n: number): boolean => article(n).querySelector('h2, [aria-label="Answer actions"]') !== null

afterEach(() => {
  clearPage()
  vi.unstubAllGlobals()
})

test('of a long conversation only the end is drawn, each message with its place among all', () => {
  show(Array.from({ length: 200 }, (_, n) => message(n)))
  expect(screen.getAllByRole('article').length).toBeLessThan(20)
  expect(inForm(199)).toBe(true)
  const rows = [...document.querySelectorAll('[data-row]')].map((row) => [
    row.getAttribute('aria-posinset'),
    row.getAttribute('aria-setsize'),
  ])
  expect(rows.at(-1)).toEqual(['200', '200'])
})

test('what is drawn and not loaded is asked for by its ids, and what is loaded is not', async () => {
  const all = Array.from({ length: 60 }, (_, n) => message(n))
  const messages = vi.fn(({ ids }: { ids: string[] }) => Promise.resolve(all.filter(({ id }) => ids.includes(id))))
  core['conversations'] = { messages }
  await act(async () => show(all, all.slice(55)))
  const asked = messages.mock.calls.flatMap(([{ ids }]) => ids)
  expect(asked).toContain('m54')
  expect(asked).not.toContain('m55')
  expect(new Set(asked).size).toBe(asked.length)
  expect(inForm(54) || useOpenConversation.getState().messages['m54'] !== undefined).toBe(true)
})

test('messages that come new are drawn', () => {
  show(Array.from({ length: 40 }, (_, n) => message(n)))
  act(() => {
    const state = useOpenConversation.getState()
    useOpenConversation.setState(
      applyEvent(state, { type: 'message', seq: 1, message: message(40) }) as OpenConversation,
    )
    const asked = useOpenConversation.getState()
    useOpenConversation.setState(
      applyEvent(asked, { type: 'message', seq: 2, message: message(41) }) as OpenConversation,
    )
  })
  expect(inForm(41)).toBe(true)
})

test('a video that is asked to play from far away is there to play', () => {
  const frames = {
    type: 'frames' as const,
    name: 'film',
    fps: 1,
    pictures: ['a', 'b'].map((fill) => ({
      ...{ sha: fill.repeat(64), kind: 'image' as const, mime: 'image/png' as const, name: fill },
      ...{ bytes: 1, width: 2, height: 2 },
    })),
  }
  show(Array.from({ length: 40 }, (_, n) => message(n, n === 2 ? { parts: [frames] } : {})))
  expect(article(2)).toBeNull()
  act(() => playFrom('m2/0', 0, null))
  expect(article(2)).not.toBeNull()
})

test('under an answer that was cut off stands where and what to do; under one that ended by itself nothing', () => {
  const usage = { promptTokens: 4000, imageTokens: 0, completionTokens: 2048, cachedTokens: 0, contextTokens: 8192 }
  show([
    message(0),
    message(1, { usage: { ...usage, cutOff: 'length' } }),
    message(2),
    message(3, { usage: { ...usage, cutOff: 'context' } }),
    message(4),
    message(5, { usage }),
  ])
  expect(article(1).textContent).toMatch(/Cut off at the longest answer of 2,048 tokens\. Raise .* in Settings/)
  expect(article(3).textContent).toMatch(/Cut off: the context of 8,192 tokens is full\./)
  expect(article(5).textContent).not.toContain('Cut off')
})

test('under pages that the end of the app cut off stands what Continue does; other answers go on with their words, if they have any', () => {
  const error = { code: 'Interrupted' as const, message: 'The app ended. Ask again.' }
  const job = { id: 'page', label: 'Read the page', pages: 'each' as const }
  const seen = {
    family: 'qwen2vl' as const,
    media: [],
    profile: { id: 'r', name: 'R', parser: 'markdown' as const, space: null },
  }
  show([message(0, { job }), message(1, { status: 'interrupted', error, seen })])
  expect(screen.getByRole('button', { name: 'Continue' })).toBeTruthy()
  expect(article(1).textContent).toContain('What was read is kept; Continue reads the rest.')
  clearPage()
  show([message(0), message(1, { status: 'interrupted', error, seen })])
  expect(screen.getByRole('button', { name: 'Continue' })).toBeTruthy()
  expect(article(1).textContent).toContain('What was written is kept; Continue goes on from there.')
  clearPage()
  show([message(0), message(1, { status: 'interrupted', error, parts: [{ type: 'text', text: '' }] })])
  expect(screen.queryByRole('button', { name: 'Continue' })).toBeNull()
  expect(article(1).textContent).toContain('Ask again.')
})

test('an answer that cannot be drawn is its words, and the rest of the conversation is there', () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const profile = { id: 'reader', name: 'Reader', parser: 'markdown' as const, space: null }
  const broken = (text: string): Partial<Message> => ({
    parts: [{ type: 'text', text }],
    seen: { family: 'qwen2vl', media: [], profile },
  })
  show(Array.from({ length: 40 }, (_, n) => message(n, n === 5 || n === 37 ? broken(BROKEN) : {})))
  expect(article(37).textContent).toBe(BROKEN)
  expect(screen.getAllByText(/could not be shown in its form/)).toHaveLength(1)
  expect(inForm(39)).toBe(true)
  const mended = message(37, broken('A table'))
  act(() =>
    useOpenConversation.setState(
      applyEvent(useOpenConversation.getState(), { type: 'message', seq: 1, message: mended }) as OpenConversation,
    ),
  )
  expect(screen.queryByText(/could not be shown in its form/)).toBeNull()
  expect(article(37).textContent).toContain('A table')
})
