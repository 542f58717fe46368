// @vitest-environment happy-dom
import type { PictureMark } from '#contract'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clearPage, layOut } from '../../testing/page.ts'
import { PictureViewer } from './PictureViewer.tsx'

// 952 x 752 px are left of it around the margin: a picture of 1904 pixels is fitted at a half
beforeEach(() => layOut(1000, 800))
afterEach(clearPage)

const pictures = [
  { url: 'http://core/a', name: 'a.png', width: 1904, height: 952 },
  { url: 'http://core/b', name: 'b.png', width: 100, height: 100 },
]

function Viewer({ draws = false }: { draws?: boolean }): ReactNode {
  const [index, setIndex] = useState<number | null>(0)
  const [marks, setMarks] = useState<readonly PictureMark[]>([])
  const viewed = pictures.map((picture, i) => (i === 0 ? { ...picture, marks } : picture))
  const drawing = draws ? { onMarks: (_: number, changed: readonly PictureMark[]) => setMarks(changed) } : {}
  return <PictureViewer pictures={viewed} index={index} onIndexChange={setIndex} {...drawing} />
}
const scaleOf = (): number =>
  Number(/scale\(([\d.]+)\)/.exec(screen.getByRole('img', { name: /png/ }).style.transform)?.[1])

test('a picture is fitted at first; keys enlarge it, no smaller than fitted, and back', async () => {
  render(<Viewer />)
  const user = userEvent.setup()
  await screen.findByRole('dialog', { name: 'a.png' })
  expect(scaleOf()).toBe(0.5)
  await user.keyboard('++')
  expect(scaleOf()).toBe(1.125)
  expect(screen.getByText(/113.%/)).toBeTruthy()
  await user.keyboard('---')
  expect(scaleOf()).toBe(0.5)
  await user.keyboard('+0')
  expect(scaleOf()).toBe(0.5)
  expect(screen.getByText(/· Fit/)).toBeTruthy()
})

test('arrows turn to the next picture, which is fitted again, and not beyond the last', async () => {
  render(<Viewer />)
  const user = userEvent.setup()
  await screen.findByRole('dialog', { name: 'a.png' })
  await user.keyboard('+{ArrowRight}')
  await screen.findByRole('dialog', { name: 'b.png' })
  // small pictures are shown up to twice their size
  expect(scaleOf()).toBe(2)
  await user.keyboard('{ArrowRight}')
  expect(screen.getByRole('dialog', { name: 'b.png' })).toBeTruthy()
  expect(screen.getByRole('button', { name: 'Next picture' })).toHaveProperty('disabled', true)
  await user.keyboard('{Escape}')
  expect(screen.queryByRole('dialog')).toBeNull()
})

test('a box is drawn, moved, resized and removed by keys alone', async () => {
  render(<Viewer draws />)
  const user = userEvent.setup()
  await screen.findByRole('dialog', { name: 'a.png' })
  await user.keyboard('b')
  const layer = screen.getByTestId('marking-layer')
  await expect.poll(() => document.activeElement).toBe(layer)
  await user.keyboard('{Enter}')
  const box = await screen.findByRole('img', { name: /^Box 1\. Arrow keys move it/ })
  await expect.poll(() => document.activeElement).toBe(box)
  const { left, width } = { left: Number.parseFloat(box.style.left), width: Number.parseFloat(box.style.width) }
  await user.keyboard('{ArrowRight}{Shift>}{ArrowRight}{/Shift}')
  expect(Number.parseFloat(box.style.left)).toBeCloseTo(left + 1)
  expect(Number.parseFloat(box.style.width)).toBeCloseTo(width + 1)
  // the arrows are the mark's: the viewer has not turned to the next picture
  expect(screen.getByRole('dialog', { name: 'a.png' })).toBeTruthy()
  await user.keyboard('{Delete}')
  expect(screen.queryByRole('img', { name: /Arrow keys move it/ })).toBeNull()
})

test('letters of a tool that are typed into a name are letters', async () => {
  render(<Viewer draws />)
  const user = userEvent.setup()
  await screen.findByRole('dialog', { name: 'a.png' })
  await user.keyboard('p')
  await expect.poll(() => document.activeElement).toBe(screen.getByTestId('marking-layer'))
  await user.keyboard('{Enter}')
  const name = await screen.findByRole('textbox')
  await user.clear(name)
  await user.type(name, 'blob')
  expect(screen.getByRole('button', { name: 'Mark a point' }).getAttribute('aria-pressed')).toBe('true')
  expect(screen.getByRole('img', { name: /^blob\. Arrow keys move it/ })).toBeTruthy()
})
