import { join } from 'node:path'
import { app, BrowserWindow, dialog, nativeTheme, screen } from 'electron'
import { WINDOW_ORIGIN } from '../protocol/index.ts'
import { readPlace, writePlace } from './place.ts'
import type { WindowPlace } from './place.ts'
import { webPreferences } from './preferences.ts'

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
    readPlace(
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
  window.on('close', () => writePlace(placeFile, { ...window.getNormalBounds(), state: stateOf(window) }))
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason !== 'clean-exit') void offerReload(window)
  })
  const place = conversationId === undefined ? '' : `#/c/${encodeURIComponent(conversationId)}`
  await window.loadURL(`${WINDOW_ORIGIN}/${place}`).catch((error: unknown) => {
    if (!window.isDestroyed()) throw error
  })
}

const stateOf = (window: BrowserWindow): WindowPlace['state'] =>
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
