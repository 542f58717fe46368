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
})
