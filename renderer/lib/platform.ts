/** True where the Command key takes the place of Control. */
export const isMac = navigator.userAgent.includes('Mac OS')

/** A shortcut as this platform writes it: "⌘K", "Ctrl K". */
export const shortcut = (key: string): string => (isMac ? `⌘${key}` : `Ctrl ${key}`)

/** Remembers a small choice of this window; a window without storage just forgets it. */
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`sightline.${key}`, value)
  } catch {
    // Storage is a comfort here, never needed.
  }
}

/** The value that `remember` stored, or null. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`sightline.${key}`)
  } catch {
    return null
  }
}

/** Whether this window can ask to see the screen at all. */
export const canShareScreen = (): boolean => typeof navigator.mediaDevices?.getDisplayMedia === 'function'
