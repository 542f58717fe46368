// @vitest-environment happy-dom
import { AppError } from '#contract'
import type { ModelCheck, ModelFileSheet } from '#contract'
import { render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'
import { core } from '../../testing/fakeRpc.ts'
import { clearPage } from '../../testing/page.ts'
import { ModelSheet } from './ModelSheet.tsx'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)
afterEach(clearPage)

const sheet = (path: string, change: Partial<ModelFileSheet> = {}): ModelFileSheet => ({
  path,
  name: 'Qwen',
  role: 'text',
  family: 'Qwen2.5-VL',
  familyFrom: 'its name',
  converter: null,
  quantization: 'Q4_K_M',
  bytes: 1_900_000_000,
  parts: 1,
  width: 2048,
  trainedContext: 128_000,
  pairsWith: null,
  runs: true,
  problem: null,
  ...change,
})
const open = async (check: () => Promise<ModelCheck>): Promise<void> => {
  core['modelFiles'] = { check }
  render(<ModelSheet name="Qwen" paths={['C:\\models\\qwen.gguf', '/models/mmproj.gguf']} />)
  await userEvent.click(screen.getByRole('button', { name: 'What Qwen is' }))
}

test('it reads the headers when it is opened, then shows a sheet for each file and what belongs together', async () => {
  const read = Promise.withResolvers<ModelCheck>()
  await open(() => read.promise)
  const dialog = within(await screen.findByRole('dialog', { name: 'What Qwen is' }))
  expect(dialog.getByText('Reading the headers…')).toBeTruthy()
  read.resolve({
    files: [
      sheet('C:\\models\\qwen.gguf'),
      sheet('/models/mmproj.gguf', { role: 'projector', runs: false, problem: 'It is for LLaVA.' }),
    ],
    pairs: [
      { textPath: 'C:\\models\\qwen.gguf', projectorPath: '/models/mmproj.gguf', verdict: 'mismatch', why: null },
    ],
  })
  // files are named by their names, with the separators of either system
  const text = within(await dialog.findByRole('region', { name: 'qwen.gguf' }))
  expect(text.getByText('runs').nextElementSibling!.className).not.toContain('text-danger')
  const projector = within(dialog.getByRole('region', { name: 'mmproj.gguf' }))
  expect(projector.getByText('runs').nextElementSibling!.className).toContain('text-danger')
  expect(within(dialog.getByRole('list', { name: 'What belongs together' })).getByRole('listitem').className).toContain(
    'text-danger',
  )
})

test('files that cannot be read say why, and are read anew the next time', async () => {
  const check = vi
    .fn<() => Promise<ModelCheck>>()
    .mockRejectedValueOnce(new AppError('NotFound', 'The file qwen.gguf is not there any more.'))
    .mockResolvedValueOnce({ files: [sheet('/models/qwen.gguf')], pairs: [] })
  await open(check)
  expect((await screen.findByRole('alert')).textContent).toContain('not there any more')
  await userEvent.click(screen.getByRole('button', { name: 'Close' }))
  await userEvent.click(screen.getByRole('button', { name: 'What Qwen is' }))
  expect(await screen.findByRole('region', { name: 'qwen.gguf' })).toBeTruthy()
  expect(screen.queryByRole('alert')).toBeNull()
})
