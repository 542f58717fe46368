// @vitest-environment happy-dom
import { AppError } from '#contract'
import type { GalleryItem } from '#contract'
import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { core } from '../../testing/fakeRpc.ts'
import { clearPage, layOut } from '../../testing/page.ts'
import { GalleryPage } from './GalleryPage.tsx'
import { tiles } from './GalleryTile.tsx'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)

const TOTAL = 5_000
const sha = (n: number): string => n.toString(16).padStart(64, '0')
const item = (n: number): GalleryItem => ({
  attachment: { sha: sha(n), kind: 'image', mime: 'image/png', name: `${n}.png`, bytes: 1, width: 2, height: 3 },
  places: [{ conversationId: `c${n}`, messageId: `m${n}`, title: `Conversation ${n}` }],
  description: null,
})
const list = vi.fn(({ offset, limit }: { offset: number; limit: number }) =>
  Promise.resolve({ total: TOTAL, items: Array.from({ length: limit }, (_, n) => item(offset + n)) }),
)
const describe = vi.fn<() => Promise<{ description: string }>>()
const opened = vi.fn()

beforeEach(async () => {
  layOut(4 * (tiles.least + tiles.gap), 2 * tiles.row)
  list.mockClear()
  opened.mockClear()
  describe.mockReset()
  core['gallery'] = { list, describe, described: () => Promise.resolve({ pictures: TOTAL, described: 7 }) }
  render(<GalleryPage toggle={null} version={0} onOpen={opened} onClose={() => {}} />)
  await waitFor(() => expect(screen.getByRole('button', { name: /^0\.png/ })).toBeTruthy())
})
afterEach(clearPage)

const scroller = (): HTMLElement => screen.getByRole('list', { name: 'Pictures and videos' }).parentElement!

test('of thousands those in sight are there, and are asked for as they come into it', async () => {
  expect(screen.getAllByRole('listitem').length).toBeLessThan(30)
  expect(screen.getByRole('status').textContent).toBe('5,000 items · 7 of 5,000 pictures described for search')
  expect(list.mock.calls.map(([{ offset }]) => offset)).toEqual([0])
  scroller().scrollTop = 500 * tiles.row
  fireEvent.scroll(scroller())
  await waitFor(() => expect(screen.getByRole('button', { name: '2000.png, in Conversation 2000' })).toBeTruthy())
  expect(list.mock.calls.map(([{ offset }]) => offset)).toEqual([0, 1980])
})

test('the arrow keys go through it, also to what is not drawn, and Enter opens', async () => {
  const user = userEvent.setup()
  act(() => screen.getByRole('button', { name: /^0\.png/ }).focus())
  await user.keyboard('{ArrowRight}{ArrowDown}')
  expect(document.activeElement?.getAttribute('aria-label')).toBe('5.png, in Conversation 5')
  await user.keyboard('{End}')
  fireEvent.scroll(scroller())
  await waitFor(() => expect(document.activeElement?.getAttribute('aria-label')).toMatch(/^4999\.png/))
  await user.keyboard('{Enter}')
  expect(opened.mock.calls).toEqual([['c4999', { query: '4999.png', messageId: 'm4999', picture: '4999.png' }]])
})

test('a picture is described on request; why that failed is said', async () => {
  const user = userEvent.setup()
  const first = within(screen.getAllByRole('listitem')[0]!)
  const ask = async () => {
    await user.click(first.getByRole('button', { name: 'Options for 0.png' }))
    await user.click(screen.getByRole('menuitem', { name: /^Describe/ }))
  }
  describe.mockRejectedValueOnce(new AppError('EngineFailed', 'The model said nothing.'))
  await ask()
  await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('The model said nothing.'))
  describe.mockResolvedValueOnce({ description: 'A heron.' })
  await ask()
  await waitFor(() => expect(first.getByText('A heron.')).toBeTruthy())
  expect(screen.queryByRole('alert')).toBeNull()
})
