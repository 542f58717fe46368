/** The keys of an event, as far as a shortcut is made of them. `code` names the key whatever is written on it. */
export interface PressedKeys {
  readonly key: string
  readonly code: string
  readonly ctrlKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
  readonly metaKey: boolean
}

// names of keys, as keyboards and Electron have them
/* eslint-disable lingui/no-unlocalized-strings */

const named: Record<string, string> = {
  ' ': 'Space',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  PrintScreen: 'PrintScreen',
  Insert: 'Insert',
}

/** The key as Electron writes it; null when it is none that a shortcut can end with. */
function keyOf({ key, code }: PressedKeys): string | null {
  const letter = /^(?:Key|Digit)([A-Z0-9])$/.exec(code)?.[1]
  if (letter) return letter
  return /^F([1-9]|1\d|2[0-4])$/.test(key) ? key : (named[key] ?? null)
}

/**
 * A shortcut as Electron writes accelerators ("CommandOrControl+Shift+9"); null while it is not complete. A key alone,
 * or with Shift alone, would be lost for typing, unless it is a function key or Print Screen.
 */
export function acceleratorOf(event: PressedKeys, isMac: boolean): string | null {
  const key = keyOf(event)
  if (key === null) return null
  const command = isMac ? event.metaKey : event.ctrlKey
  const other = isMac ? [event.ctrlKey && 'Control'] : [event.metaKey && 'Super']
  const modifiers = [command && 'CommandOrControl', ...other, event.altKey && 'Alt', event.shiftKey && 'Shift'].filter(
    (one) => one !== false,
  )
  const isFree = /^F\d+$/.test(key) || key === 'PrintScreen'
  const hasMain = modifiers.some((one) => one !== 'Shift')
  return isFree || hasMain ? [...modifiers, key].join('+') : null
}

const marks: Record<string, string> = { CommandOrControl: '⌘', Control: '⌃', Alt: '⌥', Shift: '⇧', Super: '⌘' }
const names: Record<string, string> = {
  CommandOrControl: 'Ctrl',
  Control: 'Ctrl',
  Super: 'Win',
  PrintScreen: 'Print Screen',
}

/** A shortcut as this platform writes it: "⌘⇧9", "Ctrl Shift 9". */
export const shownKeys = (accelerator: string, isMac: boolean): string =>
  accelerator
    .split('+')
    .map((part) => (isMac ? marks[part] : names[part]) ?? part)
    .join(isMac ? '' : ' ')
