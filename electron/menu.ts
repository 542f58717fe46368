import type { MenuItemConstructorOptions } from 'electron'

export interface MenuOptions {
  readonly platform: NodeJS.Platform
  /** Adds what looks behind the window: reload and the developer tools. */
  readonly isDevelopment: boolean
  readonly newConversation: () => void
}

const separator: MenuItemConstructorOptions = { type: 'separator' }

/** The app's menu: at the top of the screen on macOS, behind the Alt key of each window elsewhere. */
export function appMenu({ platform, isDevelopment, newConversation }: MenuOptions): MenuItemConstructorOptions[] {
  const isMac = platform === 'darwin'
  const roles = (...names: NonNullable<MenuItemConstructorOptions['role']>[]) => names.map((role) => ({ role }))
  // The window listens to this key itself, and knows when a dialog is open.
  const start = {
    label: 'New conversation',
    accelerator: 'CmdOrCtrl+N',
    registerAccelerator: false,
    click: newConversation,
  }
  return [
    ...(isMac ? roles('appMenu') : []),
    { label: '&File', submenu: [start, separator, ...roles(isMac ? 'close' : 'quit')] },
    { label: '&Edit', submenu: [...roles('undo', 'redo'), separator, ...roles('cut', 'copy', 'paste', 'selectAll')] },
    {
      label: '&View',
      submenu: [
        ...roles('resetZoom', 'zoomIn', 'zoomOut'),
        separator,
        ...roles('togglefullscreen'),
        ...(isDevelopment ? [separator, ...roles('reload', 'forceReload', 'toggleDevTools')] : []),
      ],
    },
    { label: '&Window', submenu: isMac ? roles('minimize', 'zoom', 'front') : roles('minimize', 'close') },
    ...(isMac ? [] : [{ label: '&Help', submenu: roles('about') }]),
  ]
}
