// @vitest-environment happy-dom
import { AppError } from '#contract'
import { act, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { useEngine } from '../../lib/engine.ts'
import { useHost } from '../../lib/host.ts'
import { thinkingIn } from '../../lib/thinking.ts'
import { core } from '../../testing/fakeRpc.ts'
import { clearPage, stubNearness } from '../../testing/page.ts'
import { Composer } from './Composer.tsx'
import { setText, takeOut } from './actions.ts'
import { MAX_PICTURES, addPicture, dismiss, draftKey, refuse, storedPicture, updateDraft } from './draft.ts'
import type { Draft } from './draft.ts'
import { keepDrafts } from './saving.ts'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)
afterEach(clearPage)

test('a question of more pictures than can be sent or kept says so until some are taken out', async () => {
  stubNearness()
  vi.stubGlobal('requestIdleCallback', () => 0)
  const save = vi.fn(() => Promise.resolve())
  const nothing = { text: '', media: [], format: null, compareWith: null }
  core['drafts'] = { get: () => Promise.resolve({ draft: nothing, attachments: [], lost: [] }), save }
  core['ask'] = { count: () => new Promise(() => {}), prepare: () => new Promise(() => {}) }
  core['models'] = { list: () => Promise.resolve([]) }
  useHost.setState({ host: { attachments: 'app://attachment/' } as never })
  const closing = new AbortController()
  keepDrafts(closing.signal)
  render(<Composer conversationId={null} answering={false} onPresets={() => {}} onSent={() => {}} onStop={() => {}} />)
  await act(() => Promise.resolve())
  const add = (n: number) =>
    updateDraft(draftKey(null), (draft) =>
      addPicture(draft, {
        ...{ key: `p${n}`, name: `${n}.png`, preview: 'data:,', tokens: null, budget: null, marks: [] },
        attachment: {
          ...{ kind: 'image', sha: n.toString(16).padStart(64, '0'), mime: 'image/png' },
          ...{ name: `${n}.png`, bytes: 1, width: 2, height: 2 },
        } as never,
      }),
    )
  act(() => {
    for (let n = 0; n <= MAX_PICTURES; n++) add(n)
  })
  const send = () => screen.getByRole<HTMLButtonElement>('button', { name: /^Send/ })
  expect(screen.getByText(/at most 63 pictures and videos; this one has 64\. Take some out\./)).toBeTruthy()
  expect(send().disabled).toBe(true)
  act(() => takeOut(null, 'p0'))
  expect(screen.queryByText(/at most 63/)).toBeNull()
  expect(send().disabled).toBe(false)
  await waitFor(() => expect(save).toHaveBeenCalled())
  expect(save.mock.calls).toMatchObject([[{ draft: { media: { length: MAX_PICTURES } } }]])
  save.mockImplementation(() => Promise.reject(new AppError('InvalidInput', 'media: too long')))
  act(() => setText(null, 'What is it?'))
  expect(await screen.findByText(/cannot be kept: it is lost when the window closes/)).toBeTruthy()
  closing.abort()
})

test('the switch for thinking is there where the loaded model has one, and goes with the conversation', async () => {
  stubNearness()
  vi.stubGlobal('requestIdleCallback', () => 0)
  const nothing = { text: '', media: [], format: null, compareWith: null }
  const send = vi.fn(() => Promise.resolve({ conversationId: 'c', userMessageId: 'q', answerId: 'a', besideId: null }))
  core['drafts'] = {
    get: () => Promise.resolve({ draft: nothing, attachments: [], lost: [] }),
    save: () => Promise.resolve(),
  }
  core['ask'] = { send, count: () => new Promise(() => {}), prepare: () => new Promise(() => {}) }
  const has = (thinking: string | null) => act(() => useEngine.setState({ status: { thinking } as never }))
  render(<Composer conversationId={null} answering={false} onPresets={() => {}} onSent={() => {}} onStop={() => {}} />)
  await act(() => Promise.resolve())
  const toggle = () => screen.queryByRole('button', { name: 'Think before answering' })
  for (const without of [null, 'none', 'always']) {
    has(without)
    expect(toggle()).toBeNull()
    expect(screen.queryByText('Always thinks') !== null).toBe(without === 'always')
  }
  has('switch')
  expect(toggle()!.getAttribute('aria-pressed')).toBe('false')
  act(() => toggle()!.click())
  expect(toggle()!.getAttribute('aria-pressed')).toBe('true')
  act(() => setText(null, 'Why?'))
  await act(async () => screen.getByRole('button', { name: /^Send/ }).click())
  expect(send.mock.calls).toMatchObject([[{ thinking: 'on', draft: { thinking: 'on' } }]])
  // the next new conversation begins without
  expect([thinkingIn('c'), thinkingIn(null)]).toEqual([{ thinking: 'on' }, {}])
  expect(toggle()!.getAttribute('aria-pressed')).toBe('false')
})

test('a question that is sent late takes the focus from nothing that was opened meanwhile', async () => {
  stubNearness()
  vi.stubGlobal('requestIdleCallback', () => 0)
  const nothing = { text: '', media: [], format: null, compareWith: null }
  const sent = Promise.withResolvers<object>()
  core['drafts'] = {
    get: () => Promise.resolve({ draft: nothing, attachments: [], lost: [] }),
    save: () => Promise.resolve(),
  }
  core['ask'] = { send: () => sent.promise, count: () => new Promise(() => {}), prepare: () => new Promise(() => {}) }
  const onSent = vi.fn()
  render(
    <>
      <button>Elsewhere</button>
      <Composer conversationId={null} answering={false} onPresets={() => {}} onSent={onSent} onStop={() => {}} />
    </>,
  )
  await act(() => Promise.resolve())
  act(() => setText(null, 'What is it?'))
  act(() => screen.getByRole<HTMLButtonElement>('button', { name: /^Send/ }).click())
  const elsewhere = screen.getByRole('button', { name: 'Elsewhere' })
  elsewhere.focus()
  await act(() => {
    sent.resolve({ conversationId: 'c', userMessageId: 'q', answerId: 'a', besideId: null })
    return Promise.resolve()
  })
  await waitFor(() => expect(onSent).toHaveBeenCalled())
  expect(document.activeElement).toBe(elsewhere)
})

test('Enter while a picture is stored waits for it, says so, and sends then; not where the picture is refused', async () => {
  stubNearness()
  vi.stubGlobal('requestIdleCallback', () => 0)
  const nothing = { text: '', media: [], format: null, compareWith: null }
  const send = vi.fn(() => Promise.resolve({ conversationId: 'c', userMessageId: 'q', answerId: 'a', besideId: null }))
  core['drafts'] = {
    get: () => Promise.resolve({ draft: nothing, attachments: [], lost: [] }),
    save: () => Promise.resolve(),
  }
  core['ask'] = { send, count: () => new Promise(() => {}), prepare: () => new Promise(() => {}) }
  const picture = {
    key: 'p',
    name: 'p.png',
    preview: 'data:,',
    attachment: null,
    tokens: null,
    budget: null,
    marks: [],
  }
  const before = { pictures: 1, videos: 0 }
  const rest = { answering: false, before, onPresets: () => {}, onSent: () => {}, onStop: () => {} }
  render(<Composer conversationId={null} {...rest} />)
  await act(() => Promise.resolve())
  const enter = () => fireEvent.keyDown(screen.getByRole('textbox', { name: 'Question' }), { key: 'Enter' })
  const change = (what: (draft: Draft) => Draft) => act(async () => updateDraft(draftKey(null), what))
  act(() => setText(null, 'What is it?'))
  await change((draft) => addPicture(draft, picture))
  enter()
  expect(screen.getByText(/Waiting for Picture 2… Sent as soon as/)).toBeTruthy()
  await change((draft) => refuse(draft, { key: 'p', name: 'p.png', message: 'Not a picture.' }))
  expect(screen.queryByText(/Waiting for/)).toBeNull()
  await change((draft) => addPicture(dismiss(draft, 'p'), picture))
  enter()
  act(() => screen.getByRole('button', { name: 'Don’t send' }).click())
  expect(screen.queryByText(/Waiting for/)).toBeNull()
  enter()
  expect(send).not.toHaveBeenCalled()
  const attachment = {
    kind: 'image',
    sha: '0'.repeat(64),
    mime: 'image/png',
    name: 'p.png',
    bytes: 1,
    width: 2,
    height: 2,
  }
  await change((draft) => storedPicture(draft, 'p', attachment as never))
  await waitFor(() => expect(send).toHaveBeenCalledOnce())
  expect(send.mock.calls).toMatchObject([[{ parts: [{ type: 'image' }, { type: 'text', text: 'What is it?' }] }]])
})
