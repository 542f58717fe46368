// @vitest-environment happy-dom
import { Profile } from '#contract'
import type { EngineStatus } from '#contract'
import { act, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { useEngine } from '../../lib/engine.ts'
import { jobIn, keepJob, savedJob, setJob, useProfiles } from '../../lib/profiles.ts'
import { clearPage } from '../../testing/page.ts'
import { JobMenu } from './JobMenu.tsx'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)
afterEach(() => {
  clearPage()
  for (const id of [null, 'c', 'd']) setJob(id, null)
  useProfiles.setState({ profiles: [], used: {} })
})

const reader = Profile.parse({
  ...{ id: 'reader', name: 'Reader', about: 'Reads pages.' },
  jobs: [
    { id: 'page', label: 'Read the page', prompt: 'Read.' },
    { id: 'table', label: 'Read a table', prompt: 'Table.' },
  ],
})
const current = (modelId: string): void => act(() => useEngine.setState({ status: { modelId } as EngineStatus }))
const profiles = (): void =>
  act(() =>
    useProfiles.setState({
      profiles: [{ profile: reader, isOwn: false }],
      used: { fine: { id: 'reader', why: 'Known by its name.' }, plain: null },
    }),
  )
const open = (): void => void fireEvent.click(screen.getByRole('button', { name: /^(Jobs of this model|Job: )/ }))

test('it is there where the current model has a profile with jobs', () => {
  profiles()
  current('plain')
  const { container } = render(<JobMenu conversationId={null} />)
  expect(container.textContent).toBe('')
  current('fine')
  expect(screen.getByRole('button', { name: 'Jobs of this model' })).toBeDefined()
})

test('a chosen job is a chip that takes it back, and goes with the questions of this conversation alone', async () => {
  profiles()
  current('fine')
  render(<JobMenu conversationId="c" />)
  open()
  fireEvent.click(await screen.findByRole('menuitem', { name: 'Read the page' }))
  expect(screen.getByTestId('job-chip').textContent).toBe('Read the page')
  expect(jobIn('c')).toEqual({ job: 'page' })
  expect(jobIn('d')).toEqual({})
  open()
  expect(await screen.findByRole('menuitem', { name: /Chosen\s*Read the page/ })).toBeDefined()
  fireEvent.click(screen.getByRole('button', { name: 'No job', hidden: true }))
  expect(jobIn('c')).toEqual({})
})

test('a job is kept while another model is the current one, which is not asked for it', () => {
  profiles()
  current('fine')
  setJob('c', 'page')
  current('plain')
  expect(jobIn('c')).toEqual({})
  expect(savedJob('c')).toEqual({ job: 'page' })
  current('fine')
  expect(jobIn('c')).toEqual({ job: 'page' })
})

test('a conversation that was started keeps the job, and the next one begins without', () => {
  setJob(null, 'page')
  keepJob('c')
  expect([savedJob('c'), savedJob(null)]).toEqual([{ job: 'page' }, {}])
})
