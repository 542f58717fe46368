// @vitest-environment happy-dom
import { AppError } from '#contract'
import type { Download } from '#contract'
import { act, render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { core } from '../../testing/fakeRpc.ts'
import { clearPage } from '../../testing/page.ts'
import { DownloadList } from './DownloadList.tsx'
import { useDownloads } from './store.ts'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)

const job = (name: string, change: Partial<Download> = {}): Download => ({
  id: name,
  name,
  entryId: 'e',
  quantization: 'Q4_K_M',
  from: null,
  passedOver: [],
  state: 'running',
  files: [{ path: `${name}.gguf`, bytes: 1_000, doneBytes: 250 }],
  bytes: 1_000,
  doneBytes: 250,
  bytesPerSecond: null,
  secondsLeft: null,
  retryAt: null,
  error: null,
  position: 0,
  modelId: null,
  startedAt: 0,
  ...change,
})
const opened = vi.fn()
const show = (...jobs: Download[]): void => {
  useDownloads.setState({ jobs })
  render(<DownloadList onOpenModel={opened} />)
}
const row = (name: string) => within(screen.getByRole('listitem', { name }))
/** The labels of a row's buttons, without the one that opens its files. */
const actions = (name: string): (string | null)[] =>
  row(name)
    .getAllByRole('button')
    .map((button) => button.getAttribute('aria-label') ?? button.textContent)
    .filter((label) => label !== '1 file')

beforeEach(() => {
  core['downloads'] = { pause: vi.fn(), resume: vi.fn(), remove: vi.fn(), prioritise: vi.fn() }
})
afterEach(clearPage)

test('each state offers what can be done in it', () => {
  show(
    job('A'),
    job('B', { state: 'queued' }),
    job('C', { state: 'paused' }),
    job('D', { state: 'verifying' }),
    job('E', { state: 'done', modelId: 'm' }),
    job('F', { state: 'failed', error: { code: 'StorageFailed', message: 'The disk is full.' } }),
  )
  expect(actions('A')).toEqual(['Pause A', 'Remove A'])
  expect(actions('B')).toEqual(['Download B first', 'Pause B', 'Remove B'])
  expect(actions('C')).toEqual(['Resume C', 'Remove C'])
  // what is being verified cannot be paused
  expect(actions('D')).toEqual(['Download D first', 'Remove D'])
  expect(actions('E')).toEqual(['Show', 'Take E from this list'])
  expect(actions('F')).toEqual(['Remove F', 'Resume'])
  expect(row('F').getByRole('alert').textContent).toContain('The disk is full.')
})

test('a bar shows how far it is; while it is verified nobody knows', () => {
  show(job('A'), job('B', { state: 'verifying' }))
  expect(row('A').getByRole('progressbar').getAttribute('aria-valuenow')).toBe('25')
  expect(row('B').getByRole('progressbar').getAttribute('aria-valuenow')).toBeNull()
})

test('what is only a line of the list goes at once, what has bytes only when confirmed', async () => {
  show(job('A'), job('E', { state: 'done' }))
  await userEvent.click(screen.getByRole('button', { name: 'Take E from this list' }))
  expect(core['downloads']!['remove']).toHaveBeenLastCalledWith({ id: 'E' })
  await userEvent.click(screen.getByRole('button', { name: 'Remove A' }))
  const question = within(await screen.findByRole('alertdialog'))
  expect(question.getByText(/250 bytes?, is deleted/)).toBeTruthy()
  expect(core['downloads']!['remove']).toHaveBeenCalledOnce()
  await userEvent.click(question.getByRole('button', { name: 'Remove' }))
  expect(core['downloads']!['remove']).toHaveBeenLastCalledWith({ id: 'A' })
})

test('an action that is refused says why in its row, until the next one', async () => {
  core['downloads']!['pause'] = vi.fn(() => {
    throw new AppError('StorageFailed', 'The list of downloads cannot be written.')
  })
  show(job('A'))
  await userEvent.click(screen.getByRole('button', { name: 'Pause A' }))
  expect((await row('A').findByRole('alert')).textContent).toContain('cannot be written')
  core['downloads']!['pause'] = vi.fn()
  await userEvent.click(screen.getByRole('button', { name: 'Pause A' }))
  expect(row('A').queryByRole('alert')).toBeNull()
})

test('the time until it tries again runs down', async () => {
  vi.useFakeTimers({ now: 1_000_000 })
  try {
    show(job('A', { state: 'retrying', retryAt: 1_010_000 }))
    expect(screen.getByTestId('download-state').textContent).toMatch(/in about 10\ss/)
    await act(() => vi.advanceTimersByTimeAsync(9_000))
    expect(screen.getByTestId('download-state').textContent).toContain('Tries again now')
  } finally {
    vi.useRealTimers()
  }
})
