import type { Surface } from './surface.ts'

const held = new Map<string, () => void>()
const MODIFIERS =
  /^(?:(?:CommandOrControl|CmdOrCtrl|Command|Cmd|Control|Ctrl|Alt|Option|AltGr|Shift|Super|Meta)\+)*[^+]+$/

/** Keys that nobody presses but tests, with `press`. As in Electron, what is no accelerator throws. */
export const globalShortcut: Surface['globalShortcut'] & { press(accelerator: string): void } = {
  register(accelerator, callback) {
    if (!MODIFIERS.test(accelerator))
      throw new TypeError(`Error processing argument at index 0, conversion failure from ${accelerator}`)
    if (held.has(accelerator)) return false
    held.set(accelerator, callback)
    return true
  },
  unregister: (accelerator) => void held.delete(accelerator),
  isRegistered: (accelerator) => held.has(accelerator),
  press: (accelerator) => held.get(accelerator)?.(),
}
