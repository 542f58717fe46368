// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { shortcutOf, shortcuts } from './shortcuts.ts'

/** What a key press does where it happens in `target`. */
function pressed(init: KeyboardEventInit, target: Element = document.body): string | null {
  let action: string | null = null
  target.addEventListener('keydown', (event) => (action = shortcutOf(event as KeyboardEvent)?.action ?? null), {
    once: true,
  })
  target.dispatchEvent(new KeyboardEvent('keydown', init))
  return action
}

test('every shortcut has keys of its own', () => {
  expect(new Set(shortcuts.map(({ key, shift }) => `${key}${shift}`)).size).toBe(shortcuts.length)
})

test('keys are told with Control, and with Shift where that belongs to them', () => {
  expect(pressed({ key: 'k', ctrlKey: true })).toBe('palette')
  expect(pressed({ key: 'F', ctrlKey: true, shiftKey: true })).toBe('search')
  for (const other of [
    { key: 'k' },
    { key: 'f', ctrlKey: true },
    { key: 'K', ctrlKey: true, shiftKey: true },
    { key: 'k', ctrlKey: true, altKey: true },
  ])
    expect(pressed(other)).toBeNull()
})

test('? tells the shortcuts, but not to those who type', () => {
  expect(pressed({ key: '?', shiftKey: true })).toBe('shortcuts')
  expect(pressed({ key: '?', shiftKey: true }, document.createElement('textarea'))).toBeNull()
})
