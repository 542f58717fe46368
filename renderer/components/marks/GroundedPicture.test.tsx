// @vitest-environment happy-dom
import { render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { useAnnouncement } from '../../lib/announce.ts'
import { clearPage, layOut } from '../../testing/page.ts'
import { GroundedPicture } from './GroundedPicture.tsx'
import type { Grounded } from './GroundedPicture.tsx'

const picture: Grounded = {
  name: 'street.png',
  number: null,
  url: 'http://core/street.png',
  views: { original: { width: 400, height: 200 }, model: { width: 392, height: 196 } },
  space: 'thousandths',
  marks: [
    { shape: { type: 'box', x1: 100, y1: 50, x2: 300, y2: 150 }, label: 'red car', time: null },
    { shape: { type: 'point', x: 40, y: 20 }, label: '', time: null },
  ],
  // the answer's own numbers: another picture has the first ones
  numbers: [2, 3],
}

beforeEach(() => layOut(200, 100))
afterEach(clearPage)

const drag: Grounded = {
  ...picture,
  space: 'shares',
  marks: [{ shape: { type: 'arrow', x1: 40, y1: 20, x2: 240, y2: 20 }, label: 'Drag', time: null }],
  numbers: [0],
}

/** The picture as an answer shows it: what is highlighted and chosen is kept outside of it. */
function Shown({ onCrop, shown = picture }: { onCrop: (index: number) => void; shown?: Grounded }): ReactNode {
  const [highlighted, setHighlighted] = useState<number | null>(null)
  const [selected, setSelected] = useState<number | null>(null)
  return (
    <GroundedPicture
      picture={shown}
      highlighted={highlighted}
      selected={selected}
      hasLegend
      onHighlight={setHighlighted}
      onSelect={setSelected}
      onCrop={onCrop}
    />
  )
}
const overlay = (): HTMLElement => screen.getByTestId('marks')

test('marks lie where they are on the picture as it is shown, in the colours of their numbers', () => {
  render(<Shown onCrop={() => {}} />)
  const [box, point] = within(overlay()).getAllByRole('button')
  expect(box!.style).toMatchObject({ left: '50px', top: '25px', width: '100px', height: '50px' })
  // a ring of 16 px around the point
  expect(point!.style).toMatchObject({ left: '12px', top: '2px', width: '16px', height: '16px' })
  expect(box!.dataset['mark']).toBe('2')
  expect(point!.getAttribute('aria-label')).toBe('Point 4')
})

test('by keys a mark is highlighted when it gets the focus, the others step back, and Enter chooses it', async () => {
  const crop = vi.fn()
  render(<Shown onCrop={crop} />)
  const user = userEvent.setup()
  await user.tab()
  const box = within(overlay()).getByRole('button', { name: 'red car' })
  expect(document.activeElement).toBe(box)
  const point = within(overlay()).getByRole('button', { name: 'Point 4' })
  expect(point.parentElement!.className).toContain('opacity-25')
  expect(box.parentElement!.className).not.toContain('opacity-25')

  expect(screen.queryByRole('button', { name: 'Ask about this part' })).toBeNull()
  await user.keyboard('{Enter}')
  await user.click(screen.getByRole('button', { name: 'Ask about this part' }))
  expect(crop).toHaveBeenCalledExactlyOnceWith(2)
})

test('a point that is chosen has no part to ask about', async () => {
  render(<Shown onCrop={() => {}} />)
  await userEvent.click(within(overlay()).getByRole('button', { name: 'Point 4' }))
  expect(screen.queryByRole('button', { name: 'Ask about this part' })).toBeNull()
})

test('the legend hides single marks, the eye all of them', async () => {
  render(<Shown onCrop={() => {}} />)
  await userEvent.click(screen.getByRole('button', { name: 'Show red car on the picture' }))
  expect(within(overlay()).queryByRole('button', { name: 'red car' })).toBeNull()
  expect(within(overlay()).getByRole('button', { name: 'Point 4' })).toBeTruthy()
  await userEvent.click(screen.getByRole('button', { name: 'Hide the marks' }))
  expect(screen.queryByTestId('marks')).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: 'Show the marks' }))
  expect(within(overlay()).getAllByRole('button')).toHaveLength(1)
})

test.each([
  [
    'In pixels of the picture',
    [
      { label: 'red car', box: [100, 50, 300, 150] },
      { label: '', point: [40, 20] },
    ],
  ],
  [
    'In shares of the picture, 0 to 1',
    [
      { label: 'red car', box: [0.25, 0.25, 0.75, 0.75] },
      { label: '', point: [0.1, 0.1] },
    ],
  ],
  [
    'As the model counts',
    [
      { label: 'red car', box: [250, 250, 750, 750] },
      { label: '', point: [100, 100] },
    ],
  ],
])('by keys the coordinates are copied: %s', async (item, copied) => {
  const user = userEvent.setup()
  render(<Shown onCrop={() => {}} />)
  screen.getByRole('button', { name: 'Copy coordinates' }).focus()
  await user.keyboard('{Enter}')
  const line = await screen.findByRole('menuitem', { name: item })
  const all = screen.getAllByRole('menuitem')
  await user.keyboard('{Home}' + '{ArrowDown}'.repeat(all.indexOf(line)))
  await user.keyboard('{Enter}')
  await vi.waitFor(async () => expect(JSON.parse(await navigator.clipboard.readText())).toEqual(copied))
})

test('a drag is drawn from its first place to its second, a scroll its way', () => {
  const { rerender } = render(<Shown onCrop={() => {}} shown={drag} />)
  expect(within(overlay()).getByRole('button', { name: 'Drag' }).style).toMatchObject({ left: '12px', top: '2px' })
  // from the ring of 8 px around (20, 10) to (120, 10), at half the size
  const path = () => overlay().querySelector('[data-arrow]')?.getAttribute('d')
  expect(path()).toMatch(/^M 28 10 L 120 10 /)
  const scroll = { shape: { type: 'point', x: 40, y: 20, toward: 'down' }, label: 'Scroll down', time: null } as const
  rerender(<Shown onCrop={() => {}} shown={{ ...drag, marks: [scroll] }} />)
  expect(path()).toMatch(/^M 20 18 L 20 54 /)
})

test.each([
  ['of the picture', undefined, '40, 20'],
  ['of the screen that it was captured of', { x: 300, y: 7 }, '340, 27'],
])('where to click is copied in pixels %s', async (_, screenPlace, position) => {
  const user = userEvent.setup()
  render(<Shown onCrop={() => {}} shown={{ ...drag, screen: screenPlace }} />)
  await user.click(screen.getByRole('button', { name: 'Copy click position' }))
  await vi.waitFor(async () => expect(await navigator.clipboard.readText()).toBe(position))
  expect(useAnnouncement.getState().text).toBe(`Copied ${position}`)
})

test('of several places the chosen one is copied, a box never', async () => {
  const user = userEvent.setup()
  render(<Shown onCrop={() => {}} />)
  expect(screen.queryByRole('button', { name: 'Copy click position' })).toBeNull()
  await user.click(within(overlay()).getByRole('button', { name: 'red car' }))
  expect(screen.queryByRole('button', { name: 'Copy click position' })).toBeNull()
  await user.click(within(overlay()).getByRole('button', { name: 'Point 4' }))
  expect(screen.getByRole('button', { name: 'Copy click position' })).toBeTruthy()
})
