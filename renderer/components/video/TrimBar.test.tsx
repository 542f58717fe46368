// @vitest-environment happy-dom
import { fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { clearPage, layOut } from '../../testing/page.ts'
import { TrimBar } from './TrimBar.tsx'
import type { Trim } from './trimming.ts'

beforeEach(() => layOut(400, 48))
afterEach(clearPage)

const moved = vi.fn<(trim: Trim, at: number) => void>()
/** A video of 40 s at 10 frames a second, 10 ms to the px. */
function Bar(): ReactNode {
  const [trim, setTrim] = useState<Trim>({ start: 0, end: 40_000 })
  return (
    <TrimBar
      duration={40_000}
      step={100}
      trim={trim}
      pictures={[]}
      onMove={(next, at) => {
        moved(next, at)
        setTrim(next)
      }}
    />
  )
}
const inPoint = (): HTMLElement => screen.getByRole('slider', { name: 'In point' })
const outPoint = (): HTMLElement => screen.getByRole('slider', { name: 'Out point' })

test('keys move the point that has the focus, by a frame, with Shift by a second, and to the ends', async () => {
  render(<Bar />)
  const user = userEvent.setup()
  await user.tab()
  expect(document.activeElement).toBe(inPoint())
  await user.keyboard('{ArrowRight}{ArrowRight}')
  expect(inPoint().getAttribute('aria-valuenow')).toBe('200')
  await user.keyboard('{Shift>}{ArrowRight}{/Shift}')
  expect(inPoint().getAttribute('aria-valuenow')).toBe('1200')
  await user.tab()
  await user.keyboard('{ArrowLeft}')
  expect(outPoint().getAttribute('aria-valuenow')).toBe('39900')
  expect(moved).toHaveBeenLastCalledWith({ start: 1200, end: 39_900 }, 39_900)
  await user.keyboard('{End}')
  expect(screen.getByText('0:38.8 chosen')).toBeTruthy()
})

test('a press takes the nearer point along, and lets go of it', () => {
  render(<Bar />)
  const bar = inPoint().parentElement!
  bar.setPointerCapture = () => {}
  fireEvent.pointerDown(bar, { button: 0, clientX: 300, pointerId: 1 })
  expect(outPoint().getAttribute('aria-valuenow')).toBe('30000')
  expect(document.activeElement).toBe(outPoint())
  fireEvent.pointerMove(bar, { clientX: 350, pointerId: 1 })
  expect(outPoint().getAttribute('aria-valuenow')).toBe('35000')
  fireEvent.pointerUp(bar, { pointerId: 1 })
  fireEvent.pointerMove(bar, { clientX: 200, pointerId: 1 })
  expect(outPoint().getAttribute('aria-valuenow')).toBe('35000')
  expect(inPoint().getAttribute('aria-valuenow')).toBe('0')
})

test('another button than the first moves nothing', () => {
  moved.mockClear()
  render(<Bar />)
  fireEvent.pointerDown(inPoint().parentElement!, { button: 2, clientX: 300, pointerId: 1 })
  expect(moved).not.toHaveBeenCalled()
})
