// @vitest-environment happy-dom
import { AppError } from '#contract'
import { act, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useRef } from 'react'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { core } from '../../testing/fakeRpc.ts'
import { bringNear, clearPage, stubNearness } from '../../testing/page.ts'
import { ConversationList } from './ConversationList.tsx'
import { applyListEvent, emptyList } from './state.ts'
import { doingOn } from './doing.ts'
import { idsOn, showShelf, useShowing } from './shelves.ts'
import { useConversationList, useRenaming } from './store.ts'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)

const COUNT = 5_000
const opened = vi.fn()

/** The list as the sidebar shows it. */
function List(): ReactNode {
  const frame = useRef<HTMLDivElement>(null)
  const { order, byId } = useConversationList()
  const ids = idsOn({ order, byId }, 'list')
  const doing = doingOn(
    ids,
    () => {},
    () => {},
    () => {},
    () => {},
  )
  return (
    <div ref={frame}>
      <ConversationList current={null} shelf="list" frame={frame} ids={ids} doing={doing} onOpen={opened} />
    </div>
  )
}

beforeEach(() => {
  showShelf('list')
  useRenaming.setState({}, true)
  stubNearness()
  const conversations = Array.from({ length: COUNT }, (_, n) => ({
    ...{ id: `c${n}`, title: `Conversation ${n}`, createdAt: 1, updatedAt: COUNT - n, leafId: null },
  }))
  useConversationList.setState(applyListEvent(emptyList, { type: 'snapshot', conversations }))
  render(<List />)
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

test('Ctrl and Shift select, also what is not drawn; all at once, and Escape ends it', async () => {
  const user = userEvent.setup()
  const selected = () => useShowing.getState().selected
  opened.mockClear()
  await user.keyboard('{Control>}')
  await user.click(screen.getByTitle('Conversation 3'))
  await user.keyboard('{/Control}')
  expect([...selected()]).toEqual(['c3'])
  expect(screen.getByRole('checkbox', { name: 'Conversation 3' }).getAttribute('aria-checked')).toBe('true')
  await user.keyboard('{Shift>}')
  await user.click(screen.getByTitle('Conversation 6'))
  await user.keyboard('{/Shift}')
  expect([...selected()]).toEqual(['c3', 'c4', 'c5', 'c6'])
  await user.click(screen.getByTitle('Conversation 4'))
  expect([...selected()]).toEqual(['c3', 'c5', 'c6'])
  await user.keyboard('{Control>}a{/Control}')
  expect(selected().size).toBe(COUNT)
  await user.keyboard('{Escape}')
  expect([useShowing.getState().isSelecting, selected().size]).toEqual([false, 0])
  expect(opened).not.toHaveBeenCalled()
})

test('the arrow keys with Shift select what they pass', async () => {
  const user = userEvent.setup()
  act(() => screen.getByTitle('Conversation 2').focus())
  await user.keyboard('{Shift>}{ArrowDown}{ArrowDown}{/Shift}')
  expect([...useShowing.getState().selected]).toEqual(['c2', 'c3', 'c4'])
  await user.keyboard(' ')
  expect([...useShowing.getState().selected]).toEqual(['c2', 'c3'])
})
