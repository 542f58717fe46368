// @vitest-environment happy-dom
import { AppError } from '#contract'
import type { EngineStatus } from '#contract'
import { act, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { useEngine } from '../../lib/engine.ts'
import { core } from '../../testing/fakeRpc.ts'
import { clearPage } from '../../testing/page.ts'
import { EngineBanner } from './EngineBanner.tsx'
import { ModelChip } from './ModelChip.tsx'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)

const status = (change: Partial<EngineStatus> = {}): EngineStatus => ({
  state: 'off',
  modelId: 'm',
  modelName: 'Qwen',
  isDemo: false,
  notice: null,
  progress: null,
  backend: null,
  contextTokens: null,
  noGpuReason: null,
  thinking: null,
  devices: [],
  plan: null,
  vision: null,
  note: null,
  residentBytes: null,
  error: null,
  ...change,
})
const failed = status({ state: 'failed', error: { code: 'EngineFailed', message: 'The graphics driver stopped.' } })

beforeEach(() => useEngine.setState({ status: status(), refusal: null, hiddenNote: null }))
afterEach(clearPage)

const show = (): void => {
  render(
    <>
      <ModelChip others={[]} onSwitch={() => {}} onModels={() => {}} />
      <EngineBanner onModels={() => {}} />
    </>,
  )
}
const loadNow = async (): Promise<void> => {
  await userEvent.click(screen.getByTestId('model-chip'))
  await userEvent.click(await screen.findByRole('button', { name: 'Load now' }))
}

test('nothing is said while all is well', () => {
  render(<EngineBanner onModels={() => {}} />)
  expect(document.body.textContent).toBe('')
})

test('a load that was cancelled is no failure of the engine', async () => {
  core['engine'] = {
    load: () => Promise.reject(new AppError('Interrupted', 'Loading was cancelled.')),
  }
  show()
  await loadNow()
  await act(async () => {})
  expect(screen.queryByRole('alert')).toBeNull()
  expect(screen.getByTestId('model-chip').dataset['state']).toBe('off')
})

test('what the core refuses to load is said, until the engine does something else', async () => {
  core['engine'] = {
    load: () => Promise.reject(new AppError('NotFound', 'The model’s file is on a drive that is not connected.')),
  }
  show()
  await loadNow()
  expect((await screen.findByRole('alert')).textContent).toContain('drive that is not connected')
  // the engine itself is not broken
  expect(screen.getByTestId('model-chip').dataset['state']).toBe('off')
  act(() => useEngine.setState({ status: status({ state: 'loading', progress: 0.1 }), refusal: null }))
  expect(screen.queryByRole('alert')).toBeNull()
})

test('an engine that failed says why, and Try again loads', async () => {
  const load = vi.fn(() => Promise.resolve())
  core['engine'] = { load }
  useEngine.setState({ status: failed })
  render(<EngineBanner onModels={() => {}} />)
  expect(screen.getByRole('alert').textContent).toContain('The graphics driver stopped.')
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(load).toHaveBeenCalledOnce()
})

test('a note is dismissed for good, another one is shown', async () => {
  useEngine.setState({ status: status({ note: 'The context was lowered.' }) })
  render(<EngineBanner onModels={() => {}} />)
  expect(screen.getByText('The context was lowered.')).toBeTruthy()
  await userEvent.click(screen.getByRole('button'))
  expect(screen.queryByText('The context was lowered.')).toBeNull()
  act(() => useEngine.setState({ status: status({ note: 'The process was renewed.' }) }))
  expect(screen.getByText('The process was renewed.')).toBeTruthy()
})
