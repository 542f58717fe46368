// @vitest-environment happy-dom
import { fireEvent, render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'
import { clearPage } from '../../testing/page.ts'
import { StructuredAnswer } from './StructuredAnswer.tsx'

afterEach(clearPage)

const onHighlight = vi.fn()
const show = (text: string, streaming = false, highlighted: number | null = null): void => {
  render(
    <StructuredAnswer
      text={text}
      name="Objects"
      streaming={streaming}
      marks={[...text.matchAll(/"box"/g)].map(({ index }) => ({ start: index }))}
      highlighted={highlighted}
      onHighlight={onHighlight}
    />,
  )
}
const rows = (): string[][] =>
  within(screen.getByRole('table'))
    .getAllByRole('row')
    .map((row) => [...row.children].map((cell) => cell.textContent))

const objects = '[{"name":"car","count":2,"box":[1,2,3,4]},{"name":"dog","count":10,"box":null}]'

test('a list of objects is a table, in which numbers stand at the right and what is missing is a dash', () => {
  show(objects)
  expect(rows()[0]).toEqual(['name', 'count', 'box'])
  expect(rows()[2]).toEqual(['dog', '10', '–'])
  const cells = within(screen.getByRole('table')).getAllByRole('cell')
  expect(cells.map((cell) => cell.className.includes('text-right')).slice(0, 3)).toEqual([false, true, false])
  expect(screen.getByText('2 rows')).toBeTruthy()
})

test('a row is lit with the place that stands in it, and lights that when it is rested on', () => {
  show(objects.replace('null', '[5,6,7,8]'), false, 1)
  const [, first, second] = within(screen.getByRole('table')).getAllByRole('row')
  expect([first!.dataset['lit'], second!.dataset['lit']]).toEqual([undefined, 'true'])
  fireEvent.pointerEnter(first!)
  expect(onHighlight).toHaveBeenLastCalledWith(0)
  fireEvent.pointerLeave(first!)
  expect(onHighlight).toHaveBeenLastCalledWith(null)
})

test('while it is written the rows that are there are shown; one that ends early says so', () => {
  const half = objects.slice(0, objects.indexOf('"dog"') + 3)
  show(half, true)
  expect(rows()).toHaveLength(3)
  expect(screen.queryByText(/ended before/)).toBeNull()
  clearPage()
  show(half)
  expect(screen.getByText(/ended before its form was complete/)).toBeTruthy()
})

test('the text of the model is one click away', async () => {
  show(objects)
  await userEvent.click(screen.getByRole('button', { name: 'Text' }))
  expect(screen.getByLabelText('Text of the answer').textContent).toBe(objects)
  expect(screen.queryByRole('table')).toBeNull()
})

test('a nested answer is a tree whose branches open and close, long lists at first with a hundred', async () => {
  show(JSON.stringify({ page: { lines: Array.from({ length: 120 }, (_, i) => ({ line: i, words: [{ w: i }] })) } }))
  const tree = screen.getByRole('group', { name: 'Tree of the answer' })
  const page = within(tree).getByRole('button', { name: /^page/ })
  await userEvent.click(within(tree).getByRole('button', { name: /^lines/ }))
  expect(within(tree).getAllByRole('button', { name: /\d 2 fields$/ })).toHaveLength(100)
  await userEvent.click(within(tree).getByRole('button', { name: 'Show all 120' }))
  expect(within(tree).getAllByRole('button', { name: /\d 2 fields$/ })).toHaveLength(120)
  await userEvent.click(page)
  expect(within(tree).queryByRole('button', { name: /^lines/ })).toBeNull()
})
