// @vitest-environment happy-dom
import { AppError } from '#contract'
import type { Diagnostics, HostDescription } from '#contract'
import { cleanup, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { useHost } from '../../lib/host.ts'
import { DiagnosticsDialog } from './DiagnosticsDialog.tsx'

/** The core's side: what it answers next, and how often the log's folder was asked for. */
const core = vi.hoisted(() => ({ read: (): Promise<unknown> => Promise.reject(new Error('unset')), shown: 0 }))

vi.mock('../../lib/rpc.ts', () => ({
  connection: {},
  call: (request: (of: unknown) => unknown) =>
    request({ diagnostics: { read: () => core.read(), showLogs: async () => void core.shown++ } }),
}))

const report: Diagnostics = {
  sections: [{ title: 'App', rows: [{ name: 'Node', value: '24.1.0' }] }],
  errors: ['t warn core call.failed code=NotFound'],
  log: ['t info core core.started', 't warn core call.failed code=NotFound'],
  logFolder: '~/logs',
}
const canReveal = (reveal: boolean) => useHost.setState({ host: { capabilities: { reveal } } as HostDescription })

beforeEach(() => {
  core.shown = 0
  core.read = () => Promise.resolve(report)
  canReveal(true)
})
afterEach(() => cleanup())

test('all of it is copied as text', async () => {
  const user = userEvent.setup()
  render(<DiagnosticsDialog open onOpenChange={() => {}} />)
  await user.click(await screen.findByRole('button', { name: 'Copy all' }))
  await screen.findByRole('button', { name: 'Copied' })
  const copied = await navigator.clipboard.readText()
  for (const line of ['  Node: 24.1.0', '  t info core core.started', 'Last errors']) expect(copied).toContain(line)
})

test("the log's folder is shown where the shell can", async () => {
  render(<DiagnosticsDialog open onOpenChange={() => {}} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Show log folder' }))
  expect(core.shown).toBe(1)
})

test('a shell without a file manager has no button for it', async () => {
  canReveal(false)
  render(<DiagnosticsDialog open onOpenChange={() => {}} />)
  await screen.findByRole('button', { name: 'Copy all' })
  expect(screen.queryByRole('button', { name: 'Show log folder' })).toBeNull()
})

test('a core that does not answer is asked again', async () => {
  core.read = () => Promise.reject(new AppError('Interrupted', 'The connection was lost.'))
  render(<DiagnosticsDialog open onOpenChange={() => {}} />)
  expect((await screen.findByRole('alert')).textContent).toContain('The connection was lost.')
  core.read = () => Promise.resolve(report)
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  await waitFor(() => expect(screen.queryByRole('alert')).toBeNull())
  expect(screen.getByText('24.1.0')).toBeTruthy()
})

test('nothing is read while it is closed', () => {
  const read = vi.fn(() => Promise.resolve(report))
  core.read = read
  render(<DiagnosticsDialog open={false} onOpenChange={() => {}} />)
  expect(screen.queryByRole('dialog')).toBeNull()
  expect(read).not.toHaveBeenCalled()
})
