import { BrowserWindow, nativeTheme, screen } from 'electron'
import type { BrowserWindowConstructorOptions } from 'electron'
import type { Capture, Display } from '../../main/ports.ts'
import { WINDOW_ORIGIN } from '../protocol.ts'
import { webPreferences } from './guards.ts'

/** The part of the capture port that is windows. */
export type CaptureWindows = Pick<
  Capture,
  'openOverlays' | 'showOverlay' | 'closeOverlays' | 'openPanel' | 'placePanel' | 'closePanel'
>

const bare: BrowserWindowConstructorOptions = {
  frame: false,
  show: false,
  resizable: false,
  minimizable: false,
  maximizable: false,
  fullscreenable: false,
  skipTaskbar: true,
  title: 'Sightline',
}

/** The windows of a capture: one over each display, then the ask panel. `preload` is the path of the built preload script. */
export function captureWindows(preload: string): CaptureWindows {
  const overlays = new Map<string, BrowserWindow>()
  let panel: BrowserWindow | null = null

  function open(hash: string, options: BrowserWindowConstructorOptions, onClosed: () => void): BrowserWindow {
    const window = new BrowserWindow({ ...bare, ...options, webPreferences: webPreferences(preload) })
    // Above full-screen windows, the menu bar and the dock too.
    window.setAlwaysOnTop(true, 'screen-saver')
    window.setVisibleOnAllWorkspaces(true, { visibleOnFullScreen: true })
    window.once('closed', onClosed)
    window.loadURL(`${WINDOW_ORIGIN}/${hash}`).catch(() => {
      if (!window.isDestroyed()) window.close()
    })
    return window
  }

  return {
    openOverlays(displays, onClosed) {
      for (const { id, bounds } of displays) {
        const look = {
          movable: false,
          hasShadow: false,
          roundedCorners: false,
          enableLargerThanScreen: true,
          backgroundColor: '#000000',
        }
        const window = open(`#/capture/${encodeURIComponent(id)}`, { ...bounds, ...look }, () => {
          if (overlays.delete(id)) onClosed()
        })
        // On a display with another scale factor the size is only right once the window is there.
        window.setBounds(bounds)
        overlays.set(id, window)
      }
    },
    showOverlay(id) {
      const window = overlays.get(id)
      if (!window) return
      window.show()
      const { id: underPointer } = screen.getDisplayNearestPoint(screen.getCursorScreenPoint())
      if (String(underPointer) === id) window.focus()
    },
    closeOverlays() {
      const closing = [...overlays.values()]
      overlays.clear()
      for (const window of closing) window.close()
    },
    openPanel(onClosed) {
      const backgroundColor = nativeTheme.shouldUseDarkColors ? '#1d1e21' : '#ffffff'
      const window = open('#/ask', { width: 420, height: 240, backgroundColor }, () => {
        if (panel !== window) return
        panel = null
        onClosed()
      })
      panel = window
    },
    placePanel(bounds) {
      if (!panel) return
      panel.setBounds(bounds)
      if (panel.isVisible()) return
      panel.show()
      panel.focus()
    },
    closePanel() {
      const closing = panel
      panel = null
      closing?.close()
    },
  }
}

/** The displays as the core knows them. */
export const currentDisplays = (): Display[] =>
  screen.getAllDisplays().map(({ id, bounds, workArea }) => ({ id: String(id), bounds, workArea }))
