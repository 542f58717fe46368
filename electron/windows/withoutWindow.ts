import { setTimeout as pause } from 'node:timers/promises'
import { mainWindow } from './mainWindow.ts'

/** How long a window may take to fade from the screen, in ms. */
const FADE_MS = 250

/** Does `work` while the app's window is not on the screen, then shows it again where it was, without the focus. */
export async function withoutWindow<T>(work: () => Promise<T>): Promise<T> {
  const window = mainWindow()
  // One that fills a screen of its own hides nothing.
  if (!window?.isVisible() || window.isMinimized() || window.isFullScreen()) return work()
  window.hide()
  try {
    await pause(FADE_MS)
    return await work()
  } finally {
    if (!window.isDestroyed()) window.showInactive()
  }
}
