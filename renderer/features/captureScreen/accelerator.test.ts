import { expect, test } from 'vitest'
import { acceleratorOf, shownKeys, type PressedKeys } from './accelerator.ts'

const pressed = (
  key: string,
  code: string,
  ...held: ('ctrlKey' | 'altKey' | 'shiftKey' | 'metaKey')[]
): PressedKeys => ({
  ...{ key, code, ctrlKey: false, altKey: false, shiftKey: false, metaKey: false },
  ...Object.fromEntries(held.map((name) => [name, true])),
})

test('a shortcut is its modifiers in order and one key, whatever the layout writes with Shift', () => {
  expect(acceleratorOf(pressed('(', 'Digit9', 'ctrlKey', 'shiftKey'), false)).toBe('CommandOrControl+Shift+9')
  expect(acceleratorOf(pressed('ß', 'KeyS', 'metaKey', 'altKey'), true)).toBe('CommandOrControl+Alt+S')
  expect(acceleratorOf(pressed('a', 'KeyA', 'ctrlKey'), true)).toBe('Control+A')
  expect(acceleratorOf(pressed('a', 'KeyA', 'metaKey'), false)).toBe('Super+A')
  expect(acceleratorOf(pressed(' ', 'Space', 'altKey'), false)).toBe('Alt+Space')
})

test('keys that are needed for typing are no shortcut alone, function keys are', () => {
  expect(acceleratorOf(pressed('A', 'KeyA', 'shiftKey'), false)).toBeNull()
  expect(acceleratorOf(pressed('a', 'KeyA'), false)).toBeNull()
  expect(acceleratorOf(pressed('Shift', 'ShiftLeft', 'shiftKey', 'ctrlKey'), false)).toBeNull()
  expect(acceleratorOf(pressed('F9', 'F9'), false)).toBe('F9')
  expect(acceleratorOf(pressed('PrintScreen', 'PrintScreen', 'shiftKey'), false)).toBe('Shift+PrintScreen')
})

test('it is shown as the platform writes it', () => {
  expect(shownKeys('CommandOrControl+Shift+9', true)).toBe('⌘⇧9')
  expect(shownKeys('CommandOrControl+Shift+9', false)).toBe('Ctrl Shift 9')
})
