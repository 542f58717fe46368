// @vitest-environment happy-dom
import { act, render, screen } from '@testing-library/react'
import { createRef } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { bringNear, clearPage, stubNearness } from '../../testing/page.ts'
import { ConversationList } from './ConversationList.tsx'
import { applyListEvent, emptyList } from './state.ts'
import { useConversationList } from './store.ts'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)

const COUNT = 5_000
const opened = vi.fn()

beforeEach(() => {
  stubNearness()
  const conversations = Array.from({ length: COUNT }, (_, n) => ({
    ...{ id: `c${n}`, title: `Conversation ${n}`, createdAt: 1, updatedAt: COUNT - n, leafId: null },
  }))
  useConversationList.setState(applyListEvent(emptyList, { type: 'snapshot', conversations }))
  const frame = createRef<HTMLDivElement>()
  render(
    <div ref={frame}>
      <ConversationList current={null} frame={frame} onOpen={opened} />
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
