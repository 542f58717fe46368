import { globalShortcut } from 'electron'
import type { Shortcuts } from '../../main/ports.ts'

/** The system's keys for one action of the app; keys that the system does not know count as taken. */
export function globalShortcuts(): Shortcuts {
  let held: string | null = null
  return {
    async set(accelerator, onPress) {
      if (held !== null) globalShortcut.unregister(held)
      held = null
      if (accelerator === null) return true
      try {
        if (!globalShortcut.register(accelerator, onPress)) return false
      } catch {
        return false
      }
      held = accelerator
      return true
    },
  }
}
