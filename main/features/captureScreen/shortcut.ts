import type { Settings, ShortcutState } from '#contract'
import type { Shortcuts } from '../../ports.ts'

/** The settings as far as they are followed. */
export interface ShortcutSettings {
  readonly current: Pick<Settings, 'captureShortcut'>
  onChange(listener: (settings: Settings) => void): () => void
}

/** The shortcut that captures the screen, kept as the settings say. */
export interface CaptureShortcut {
  readonly state: ShortcutState
  close(): void
}

/** Takes the chosen keys now and after every change of them; `onChange` tells a new state. */
export function createCaptureShortcut(
  shortcuts: Shortcuts | null,
  settings: ShortcutSettings,
  onPress: () => void,
  onChange: () => void,
): CaptureShortcut {
  let keys: string | null = null
  let state: ShortcutState = 'off'
  if (!shortcuts) return { state: 'unsupported', close: () => {} }

  const take = async (wanted: string | null): Promise<void> => {
    keys = wanted
    const free = await shortcuts.set(wanted, onPress).catch(() => false)
    // Keys that were chosen meanwhile have the last word.
    if (keys !== wanted) return
    const had = state
    state = free ? (wanted === null ? 'off' : 'active') : 'taken'
    if (state !== had) onChange()
  }
  void take(settings.current.captureShortcut)
  const off = settings.onChange(({ captureShortcut }) => {
    if (captureShortcut !== keys) void take(captureShortcut)
  })
  return {
    get state() {
      return state
    },
    close() {
      off()
      void shortcuts.set(null, onPress).catch(() => {})
    },
  }
}
