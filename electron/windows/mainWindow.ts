import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { BrowserWindow, app, dialog, nativeTheme, screen } from 'electron'
import type { Rectangle } from 'electron'
import { z } from 'zod'
import { WINDOW_ORIGIN } from '../protocol.ts'
import { webPreferences } from './guards.ts'

const Place = z.object({
  ...{ x: z.int(), y: z.int(), width: z.int().min(200), height: z.int().min(200) },
  state: z.enum(['normal', 'maximized', 'fullScreen']).catch('normal'),
})

/**
 * Where a window is, in device-independent pixels, and whether it fills its screen instead; the pixels are those that it
 * has when it does not.
 */
export type WindowState = z.infer<typeof Place>

/** Where a window was; null when nothing sound is remembered or it is on no screen now. */
export function readWindowState(file: string, screens: readonly Rectangle[]): WindowState | null {
  try {
    const place = Place.parse(JSON.parse(readFileSync(file, 'utf8')))
    return screens.some((screen) => overlaps(place, screen)) ? place : null
  } catch {
    return null
  }
}

/** Remembers where a window is. A file that cannot be written only costs the memory of the place. */
export function writeWindowState(file: string, place: WindowState): void {
  try {
    writeFileSync(file, JSON.stringify(place))
  } catch {
    return
  }
}

/** At least 64 x 32 pixels of the title bar must be reachable. */
function overlaps(window: Rectangle, screen: Rectangle): boolean {
  const across = Math.min(window.x + window.width, screen.x + screen.width) - Math.max(window.x, screen.x)
  return across >= 64 && window.y >= screen.y && window.y + 32 <= screen.y + screen.height
}

let opened: BrowserWindow | null = null

/** The app's window where it is open: not the windows of a capture. */
export const mainWindow = (): BrowserWindow | null => opened

/**
 * Opens the app's window, at a conversation if one is named; it is shown once its first paint is there. `preload` is the
 * path of the built preload script.
 */
export async function openMainWindow(preload: string, conversationId?: string): Promise<void> {
  const placeFile = join(app.getPath('userData'), 'window.json')
  const { state = 'normal', ...bounds } =
    readWindowState(
      placeFile,
      screen.getAllDisplays().map((display) => display.workArea),
    ) ?? {}
  const window = new BrowserWindow({
    width: 1180,
    height: 800,
    minWidth: 360,
    minHeight: 400,
    ...bounds,
    show: false,
    title: 'Sightline',
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#17181a' : '#ffffff',
    autoHideMenuBar: true,
    webPreferences: webPreferences(preload),
  })
  opened = window
  window.once('closed', () => {
    if (opened === window) opened = null
  })
  window.once('ready-to-show', () => {
    // Before it is shown, so that it is never seen in another size; both show it.
    if (state === 'maximized') window.maximize()
    else if (state === 'fullScreen') window.setFullScreen(true)
    window.show()
  })
  window.on('close', () => writeWindowState(placeFile, { ...window.getNormalBounds(), state: stateOf(window) }))
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason !== 'clean-exit') void offerReload(window)
  })
  const place = conversationId === undefined ? '' : `#/c/${encodeURIComponent(conversationId)}`
  await window.loadURL(`${WINDOW_ORIGIN}/${place}`).catch((error: unknown) => {
    if (!window.isDestroyed()) throw error
  })
}

const stateOf = (window: BrowserWindow): WindowState['state'] =>
  window.isFullScreen() ? 'fullScreen' : window.isMaximized() ? 'maximized' : 'normal'

/** After the page's process ended by itself: nothing stored is lost, the user decides. */
async function offerReload(window: BrowserWindow): Promise<void> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'error',
    message: 'The window stopped working.',
    detail: 'Your conversations are stored. Reload the window to go on.',
    buttons: ['Reload', 'Quit'],
    defaultId: 0,
    cancelId: 0,
  })
  if (response === 0 && !window.isDestroyed()) window.reload()
  else app.quit()
}

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
