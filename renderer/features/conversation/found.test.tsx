// @vitest-environment happy-dom
import type { Message } from '#contract'
import { act, render } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { applyEvent, opening } from '../../lib/conversation/state.ts'
import type { OpenConversation } from '../../lib/conversation/state.ts'
import { endFinding, placeOf, showFound, stepFound, useFinding } from '../../lib/finding.ts'
import { core } from '../../testing/fakeRpc.ts'
import { clearPage } from '../../testing/page.ts'
import { wholePath } from '../../testing/wholePath.ts'
import { Conversation } from './Conversation.tsx'
import { useOpenConversation } from './store.ts'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)

const message = (n: number, text: string): Message => ({
  id: `m${n}`,
  conversationId: 'c',
  parentId: n === 0 ? null : `m${n - 1}`,
  role: n % 2 === 0 ? 'user' : 'assistant',
  parts: [{ type: 'text', text }],
  ...{ format: null, status: 'complete', error: null, model: 'demo', usage: null, timings: null, seen: null },
  ...{ leftOut: 0, beside: null, createdAt: 1, siblings: [`m${n}`] },
})
const hit = (n: number) => ({ messageId: `m${n}`, role: 'user' as const, in: 'text' as const, snippet: 'x' })

let marked: string[] = []
const selectBranch = vi.fn(() => Promise.resolve())

beforeEach(() => {
  selectBranch.mockClear()
  marked = []
  vi.stubGlobal(
    'Highlight',
    class {
      readonly texts: string[]
      constructor(...ranges: Range[]) {
        this.texts = ranges.map(String)
      }
    },
  )
  vi.stubGlobal('CSS', {
    escape: (text: string) => text,
    highlights: {
      set: (_: string, { texts }: { texts: string[] }) => (marked = texts),
      delete: () => (marked = []),
    },
  })
  core['conversations'] = { selectBranch, findIn: () => Promise.resolve([hit(0), hit(1), hit(9)]) }
  const texts = ['Where is the HÉRON?', 'The heron, **the** heron\n\nis a he', 'More of it', 'A `code` and a bird']
  const messages = texts.map((text, n) => message(n, text))
  const conversation = { id: 'c', title: 'Long', createdAt: 1, updatedAt: 1, leafId: 'm3' }
  useOpenConversation.setState(
    applyEvent(opening('c'), {
      ...{ type: 'snapshot', seq: 0, conversation, ...wholePath(messages), progress: {} },
    }) as OpenConversation,
  )
  render(<Conversation />)
})
afterEach(() => {
  endFinding()
  clearPage()
  vi.unstubAllGlobals()
})

const outlined = (): (string | null)[] =>
  [...document.querySelectorAll('[data-found]')].map((element) => element.getAttribute('data-message-id'))

test('what was searched for is marked in the message, also across its form and never across paragraphs', async () => {
  await act(async () => showFound('c', { query: 'heron', messageId: 'm0' }))
  expect(marked).toEqual(['HÉRON'])
  act(() => stepFound(1))
  expect(marked).toEqual(['heron', 'heron'])
  await act(async () => showFound('c', { query: 'isa ronis', messageId: 'm1' }))
  expect(marked, 'words that only two paragraphs make').toEqual([])
  act(endFinding)
  expect([marked, outlined()]).toEqual([[], []])
  expect(selectBranch).not.toHaveBeenCalled()
})

test('where the words do not stand in the form of a message, all of it is outlined', async () => {
  await act(async () => showFound('c', { query: '`code`', messageId: 'm3' }))
  expect([marked, outlined()]).toEqual([[], ['m3']])
  act(endFinding)
  expect(outlined()).toEqual([])
})

test('steps go around, and a message on another branch is switched to once', async () => {
  await act(async () => showFound('c', { query: 'heron', messageId: 'm0' }))
  expect(placeOf(useFinding.getState().finding!)).toEqual({ place: 1, of: 3 })
  act(() => stepFound(-1))
  expect(placeOf(useFinding.getState().finding!)).toEqual({ place: 3, of: 3 })
  expect(selectBranch.mock.calls).toEqual([[{ messageId: 'm9' }]])
  act(() => stepFound(1))
  expect(placeOf(useFinding.getState().finding!)).toEqual({ place: 1, of: 3 })
  expect([selectBranch.mock.calls.length, marked]).toEqual([1, ['HÉRON']])
})
