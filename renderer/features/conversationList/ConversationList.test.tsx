// @vitest-environment happy-dom
import { AppError } from '#contract'
import { act, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createRef } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { core } from '../../testing/fakeRpc.ts'
import { bringNear, clearPage, stubNearness } from '../../testing/page.ts'
import { ConversationList } from './ConversationList.tsx'
import { applyListEvent, emptyList } from './state.ts'
import { useConversationList } from './store.ts'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)

const COUNT = 5_000
const opened = vi.fn()
const exported = vi.fn()

beforeEach(() => {
  stubNearness()
  const conversations = Array.from({ length: COUNT }, (_, n) => ({
    ...{ id: `c${n}`, title: `Conversation ${n}`, createdAt: 1, updatedAt: COUNT - n, leafId: null },
  }))
  useConversationList.setState(applyListEvent(emptyList, { type: 'snapshot', conversations }))
  const frame = createRef<HTMLDivElement>()
  render(
    <div ref={frame}>
      <ConversationList current={null} frame={frame} onOpen={opened} onExport={exported} />
    </div>,
  )
})
afterEach(() => {
  clearPage()
  vi.unstubAllGlobals()
})

const rows = (): string[] => screen.queryAllByRole('listitem').map((row) => row.textContent ?? '')

test('of thousands of conversations the first rows are there, and room for all', () => {
  expect(rows().length).toBeLessThan(100)
  expect(rows()[0]).toContain('Conversation 0')
  const heights = screen
    .getAllByRole('list')
    .map((list) => Number.parseFloat((list as HTMLElement).style.height || '0'))
  expect(heights.reduce((sum, height) => sum + height, 0)).toBeGreaterThan((COUNT - 100) * 32)
})

test('rows come and go with what is seen, except those in use', () => {
  const blocks = screen.getAllByRole('list')
  act(() => bringNear((block) => block === blocks[50]))
  expect(rows()[0]).toContain('Conversation 2000')
  const link = screen.getByTitle('Conversation 2003')
  act(() => {
    link.click()
    link.focus()
  })
  expect(opened).toHaveBeenCalledWith('c2003')
  act(() => bringNear((block) => block === blocks[0]))
  expect([rows()[0], rows().some((row) => row.includes('Conversation 2003'))]).toEqual([
    expect.stringContaining('Conversation 0'),
    true,
  ])
  act(() => link.blur())
  act(() => bringNear((block) => block === blocks[0]))
  expect(rows().some((row) => row.includes('Conversation 2003'))).toBe(false)
})

/** Conversation `n` is answered in another window: it comes to the top, and those before it move down by one. */
const answerElsewhere = (n: number): void =>
  useConversationList.setState((state) =>
    applyListEvent(state, {
      type: 'upsert',
      conversation: { ...state.byId[`c${n}`]!, updatedAt: COUNT * 2 + n },
    }),
  )
const titleField = () => screen.getByRole<HTMLInputElement>('textbox', { name: 'Title of the conversation' })

test('a title that is being changed is kept, with the focus, when its row moves to the next block', async () => {
  const rename = vi.fn(() => Promise.resolve())
  core['conversations'] = { rename }
  act(() =>
    bringNear((block) =>
      screen
        .getAllByRole('list')
        .slice(0, 2)
        .includes(block as HTMLElement),
    ),
  )
  await userEvent.dblClick(screen.getByTitle('Conversation 39'))
  await waitFor(() => expect(document.activeElement).toBe(titleField()))
  await userEvent.keyboard('Red circles')
  act(() => answerElsewhere(50))
  expect(titleField().value).toBe('Red circles')
  await waitFor(() => expect(document.activeElement).toBe(titleField()))
  await userEvent.keyboard(' and squares{Enter}')
  expect(rename.mock.calls).toEqual([[{ id: 'c39', title: 'Red circles and squares' }]])
  await waitFor(() => expect(screen.queryByRole('textbox')).toBeNull())
})

test('a title that could not be stored stays to be tried again; Escape gives it up', async () => {
  const rename = vi.fn(() => Promise.reject(new AppError('StorageFailed', 'The disk is full.')))
  core['conversations'] = { rename }
  await userEvent.dblClick(screen.getByTitle('Conversation 3'))
  await waitFor(() => expect(document.activeElement).toBe(titleField()))
  await userEvent.keyboard('Other')
  act(() => titleField().blur())
  expect(await screen.findByText('The disk is full.')).toBeTruthy()
  expect(titleField().value).toBe('Other')
  await userEvent.type(titleField(), '{Escape}')
  expect(screen.queryByRole('textbox')).toBeNull()
  expect(screen.getByTitle('Conversation 3')).toBeTruthy()
})

test('a title that could not be stored says so though another one is being changed by then', async () => {
  let refuse: (error: AppError) => void = () => {}
  const rename = vi.fn(() => new Promise<never>((_, reject) => (refuse = reject)))
  core['conversations'] = { rename }
  await userEvent.dblClick(screen.getByTitle('Conversation 3'))
  await waitFor(() => expect(document.activeElement).toBe(titleField()))
  await userEvent.keyboard('Other{Enter}')
  await userEvent.keyboard('s')
  expect(titleField().value, 'not changed while it is stored').toBe('Other')
  await userEvent.dblClick(screen.getByTitle('Conversation 5'))
  const fields = () => screen.getAllByRole<HTMLInputElement>('textbox')
  await waitFor(() => expect(document.activeElement).toBe(fields()[1]))
  await userEvent.keyboard('Five')
  act(() => refuse(new AppError('StorageFailed', 'The disk is full.')))
  expect(await screen.findByText('The disk is full.')).toBeTruthy()
  expect(fields().map(({ value }) => value)).toEqual(['Other', 'Five'])
  expect(document.activeElement).toBe(fields()[1])
})
