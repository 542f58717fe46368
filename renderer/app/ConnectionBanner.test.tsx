// @vitest-environment happy-dom
import { act, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { loseConnection, rpc } from '../testing/fakeRpc.ts'
import { clearPage } from '../testing/page.ts'
import { ConnectionBanner } from './ConnectionBanner.tsx'

vi.mock('../lib/rpc.ts', async () => (await import('../testing/fakeRpc.ts')).rpc)

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  clearPage()
  vi.useRealTimers()
})

test('a lost connection is said while it is lost, and no longer once it is back', async () => {
  await rpc.connection.ready(new AbortController().signal)
  render(<ConnectionBanner />)
  expect(screen.queryByRole('status')).toBeNull()
  loseConnection()
  await act(() => vi.advanceTimersByTimeAsync(10))
  expect(screen.getByRole('status').textContent).toContain('Connection to Sightline was lost')
  await act(() => vi.advanceTimersByTimeAsync(1_000))
  expect(screen.queryByRole('status')).toBeNull()
})

test('a core that has stopped is said to have, with its reason, and can be started again', async () => {
  await rpc.connection.ready(new AbortController().signal)
  render(<ConnectionBanner />)
  loseConnection()
  act(() =>
    rpc.connection.store.setState({ state: 'lost', stopped: { code: 'Interrupted', message: 'It ended by itself.' } }),
  )
  expect(screen.getByRole('alert').textContent).toContain('It ended by itself. What was stored is kept.')
  screen.getByRole('button', { name: 'Restart' }).click()
  expect(rpc.restartCore).toHaveBeenCalledOnce()
  // one that does not know this window is told of without a button, which would not help
  act(() => rpc.connection.store.setState({ state: 'lost', stopped: { code: 'Unauthorized', message: 'Go there.' } }))
  expect(screen.getByRole('alert').textContent).toBe('Go there. What was stored is kept.')
  expect(screen.queryByRole('button')).toBeNull()
})
