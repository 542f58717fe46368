import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'
import { clearPage } from '../../testing/page.ts'
import { NumberSetting } from './FormControls.tsx'

// @vitest-environment happy-dom

afterEach(clearPage)

const show = (value: number | null, step = 0.05): { field: HTMLInputElement; onChange: ReturnType<typeof vi.fn> } => {
  const onChange = vi.fn()
  render(
    <NumberSetting label="Temperature" value={value} fallback={0.7} min={0} max={5} step={step} onChange={onChange} />,
  )
  return { field: screen.getByRole<HTMLInputElement>('textbox', { name: 'Temperature' }), onChange }
}

test('a number counts when the field is left, not while it is typed', async () => {
  const user = userEvent.setup()
  const { field, onChange } = show(null)
  expect(field.placeholder).toBe('0.7')
  await user.type(field, '1.25')
  expect(onChange).not.toHaveBeenCalled()
  await user.tab()
  expect(onChange).toHaveBeenCalledExactlyOnceWith(1.25)
})

test('a number beyond the range becomes the nearest in it', async () => {
  const user = userEvent.setup()
  const { field, onChange } = show(1)
  await user.clear(field)
  await user.type(field, '99')
  await user.tab()
  expect(onChange).toHaveBeenCalledExactlyOnceWith(5)
})

test('an emptied field goes back to the model’s own value, one that is left as it was changes nothing', async () => {
  const user = userEvent.setup()
  const { field, onChange } = show(1)
  await user.click(field)
  await user.tab()
  expect(onChange).not.toHaveBeenCalled()
  await user.clear(field)
  await user.tab()
  expect(onChange).toHaveBeenCalledExactlyOnceWith(null)
  // where that is the value already, it is shown
  expect(field.value).toBe('1')
})

test.each([
  ['0,7', 0.05, 0.7],
  ['0.7', 0.05, 0.7],
  [',25', 0.05, 0.25],
  ['０，７', 0.05, 0.7],
  ['4,', 0.05, 4],
  ['3,0', 1, 3],
  ['-1', 1, 0],
])('%j typed with step %d is %d', async (typed, step, number) => {
  const user = userEvent.setup()
  const { field, onChange } = show(1, step)
  await user.clear(field)
  await user.type(field, typed)
  await user.tab()
  expect(onChange).toHaveBeenCalledExactlyOnceWith(number)
})

test.each(['2,048', '2.048', '2 048', '2048'])(
  '%j in a field of whole numbers is two thousand and forty-eight',
  async (typed) => {
    const user = userEvent.setup()
    const onChange = vi.fn()
    render(
      <NumberSetting label="Longest" value={1} fallback={null} min={1} max={131_072} step={64} onChange={onChange} />,
    )
    const field = screen.getByRole('textbox', { name: 'Longest' })
    await user.clear(field)
    await user.type(field, typed)
    await user.tab()
    expect(onChange).toHaveBeenCalledExactlyOnceWith(2048)
  },
)

test('what is no number keeps the value and says so, until it is typed anew', async () => {
  const user = userEvent.setup()
  const { field, onChange } = show(1)
  for (const typed of ['warm', '0,7,1', '1e3']) {
    await user.clear(field)
    await user.type(field, typed)
    expect(screen.queryByRole('status')).toBeNull()
    await user.tab()
    expect(field.value).toBe('1')
    expect(screen.getByRole('status').textContent).toBe('Not a number: nothing was changed.')
  }
  expect(onChange).not.toHaveBeenCalled()
})

test('the arrow keys go by a step, within the range', async () => {
  const user = userEvent.setup()
  const { field, onChange } = show(0.1)
  await user.click(field)
  await user.keyboard('{ArrowUp}')
  expect(field.value).toBe('0.15')
  await user.keyboard('{ArrowDown}{ArrowDown}{ArrowDown}{ArrowDown}')
  expect(field.value).toBe('0')
  await user.tab()
  expect(onChange).toHaveBeenCalledExactlyOnceWith(0)
})
