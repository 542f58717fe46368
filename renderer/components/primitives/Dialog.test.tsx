import { AppError } from '#contract'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { afterEach, expect, test, vi } from 'vitest'
import { clearPage } from '../../testing/page.ts'
import { Confirm } from './Dialog.tsx'

// @vitest-environment happy-dom

afterEach(clearPage)

function Asking({ onConfirm }: { onConfirm: () => Promise<void> }): ReactNode {
  const [open, setOpen] = useState(false)
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        Delete it
      </button>
      <Confirm
        open={open}
        onOpenChange={setOpen}
        title="Delete the model?"
        description="Its files are deleted."
        action="Delete"
        onConfirm={onConfirm}
      />
    </>
  )
}
const ask = async (): Promise<void> => {
  await userEvent.click(screen.getByRole('button', { name: 'Delete it' }))
  await screen.findByRole('alertdialog', { name: 'Delete the model?' })
}

test('it stays until what was confirmed has worked, and cannot be confirmed twice meanwhile', async () => {
  const worked = Promise.withResolvers<void>()
  const confirmed = vi.fn(() => worked.promise)
  render(<Asking onConfirm={confirmed} />)
  await ask()
  const button = screen.getByRole('button', { name: 'Delete' })
  await userEvent.click(button)
  expect(button).toHaveProperty('disabled', true)
  await userEvent.click(button)
  expect(confirmed).toHaveBeenCalledOnce()
  worked.resolve()
  await expect.poll(() => screen.queryByRole('alertdialog')).toBeNull()
})

test('why it did not work is said in it, is forgotten with it, and it can be tried again', async () => {
  let isOpen = true
  render(
    <Asking
      onConfirm={async () => {
        if (isOpen) throw new AppError('StorageFailed', 'The file is open in another program. Close it and try again.')
      }}
    />,
  )
  await ask()
  await userEvent.click(screen.getByRole('button', { name: 'Delete' }))
  expect((await screen.findByRole('alert')).textContent).toContain('open in another program')
  await userEvent.click(screen.getByRole('button', { name: 'Cancel' }))
  await expect.poll(() => screen.queryByRole('alertdialog')).toBeNull()
  await ask()
  expect(screen.queryByRole('alert')).toBeNull()
  isOpen = false
  await userEvent.click(screen.getByRole('button', { name: 'Delete' }))
  await expect.poll(() => screen.queryByRole('alertdialog')).toBeNull()
})

test('Escape leaves it without confirming', async () => {
  const confirmed = vi.fn(() => Promise.resolve())
  render(<Asking onConfirm={confirmed} />)
  await ask()
  await userEvent.keyboard('{Escape}')
  await expect.poll(() => screen.queryByRole('alertdialog')).toBeNull()
  expect(confirmed).not.toHaveBeenCalled()
})
