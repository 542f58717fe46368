// @vitest-environment happy-dom
import type { Message, Part } from '#contract'
import { act, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { useHost } from '../../lib/host.ts'
import { core } from '../../testing/fakeRpc.ts'
import { clearPage, stubNearness } from '../../testing/page.ts'
import { Composer } from './Composer.tsx'
import { setText } from './actions.ts'
import { draftKey, draftOf, setEdited, useDrafts } from './draft.ts'
import { editQuestion, quote } from './editing.ts'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)

const picture = {
  ...{ kind: 'image', sha: 'a'.repeat(64), mime: 'image/png', name: 'a.png', bytes: 1, width: 2, height: 2 },
} as Extract<Part, { type: 'image' }>['attachment']
const message: Message = {
  ...{ id: 'q', conversationId: 'c', parentId: null, role: 'user', status: 'complete', error: null, model: null },
  ...{ usage: null, timings: null, seen: null, leftOut: 0, beside: null, createdAt: 1, siblings: ['q'] },
  format: { name: 'A list', schema: '[]' },
  parts: [
    {
      type: 'image',
      attachment: picture,
      marks: [{ type: 'point', x: 0.5, y: 0.5, label: 'it' }],
      screen: { x: 1, y: 2 },
    },
    { type: 'text', text: 'What is it?' },
  ],
}
const send = vi.fn()

beforeEach(() => {
  stubNearness()
  vi.stubGlobal('requestIdleCallback', () => 0)
  const draft = { text: '', media: [], format: null, compareWith: null }
  core['drafts'] = { get: () => Promise.resolve({ draft, attachments: [], lost: [] }), save: () => Promise.resolve() }
  send.mockResolvedValue({ conversationId: 'c', userMessageId: 'q2', answerId: 'a2', besideId: null })
  core['ask'] = { send, count: () => new Promise(() => {}), prepare: () => new Promise(() => {}) }
  core['models'] = { list: () => Promise.resolve([]) }
  useHost.setState({ host: { attachments: 'app://attachment/' } as never })
})
afterEach(() => {
  send.mockReset()
  setEdited('c', null)
  useDrafts.setState({ drafts: {} })
  clearPage()
})
const field = (): HTMLTextAreaElement => screen.getByRole('textbox', { name: 'Question' })
const show = async (answering = false) => {
  const view = render(
    <Composer conversationId="c" answering={answering} onPresets={() => {}} onSent={() => {}} onStop={() => {}} />,
  )
  await act(() => Promise.resolve())
  return (nowAnswering: boolean) =>
    view.rerender(
      <Composer conversationId="c" answering={nowAnswering} onPresets={() => {}} onSent={() => {}} onStop={() => {}} />,
    )
}

test('a question is edited with all that it holds, sent as a version of it, and the draft is there again', async () => {
  await show()
  act(() => setText('c', 'My draft'))
  await act(() => editQuestion(message))
  expect(field().value).toBe('What is it?')
  expect(screen.getByText(/Editing a question\./)).toBeTruthy()
  act(() => setText('c', 'What is that?'))
  await act(async () => screen.getByRole('button', { name: /^Send/ }).click())
  expect(send).toHaveBeenCalledOnce()
  const [sent] = send.mock.calls[0] as [Record<string, unknown>]
  expect(sent).toMatchObject({
    ...{ conversationId: 'c', edits: 'q', format: message.format },
    parts: [
      { type: 'image', sha: picture.sha, marks: [{ label: 'it' }], screen: { x: 1, y: 2 } },
      { type: 'text', text: 'What is that?' },
    ],
  })
  expect(sent).not.toHaveProperty('draft')
  await waitFor(() => expect(field().value).toBe('My draft'))
  expect(screen.queryByText(/Editing a question\./)).toBeNull()
})

test('Escape gives it up; nothing of it stays', async () => {
  await show()
  act(() => setText('c', 'My draft'))
  await act(() => editQuestion(message))
  field().focus()
  await userEvent.keyboard('{Escape}')
  expect(field().value).toBe('My draft')
  expect(draftOf(draftKey('c')).pictures).toEqual([])
})

test('Up in an empty composer asks for the last question, and not where something is written', async () => {
  const onEditLast = vi.fn()
  const props = {
    onPresets: () => {},
    conversationId: 'c',
    answering: false,
    onSent: () => {},
    onStop: () => {},
    onEditLast,
  }
  render(<Composer {...props} />)
  await act(() => Promise.resolve())
  field().focus()
  await userEvent.keyboard('{ArrowUp}')
  expect(onEditLast).toHaveBeenCalledOnce()
  act(() => setText('c', 'x'))
  await userEvent.keyboard('{ArrowUp}')
  expect(onEditLast).toHaveBeenCalledOnce()
})

test('while an answer is written the question waits, can be changed and taken back, and goes when it ends', async () => {
  const answering = await show(true)
  act(() => setText('c', 'And then'))
  field().focus()
  await userEvent.keyboard('{Enter}')
  expect(screen.getByText(/Sent when the answer ends/)).toBeTruthy()
  await userEvent.click(screen.getByRole('button', { name: 'Don’t send' }))
  expect(screen.queryByText(/Sent when the answer ends/)).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: 'Send after the answer' }))
  act(() => setText('c', 'And then?'))
  expect(send).not.toHaveBeenCalled()
  await act(async () => answering(false))
  expect(send.mock.calls).toMatchObject([[{ parts: [{ text: 'And then?' }] }]])
})

test('words are quoted below what is written, line by line', () => {
  setText('c', 'About this: ')
  quote('c', ' one\n\ntwo ')
  expect(draftOf(draftKey('c')).text).toBe('About this:\n\n> one\n>\n> two\n\n')
})
