import { app } from './app.ts'
import { BrowserWindow } from './browserWindow.ts'
import { desktopCapturer, globalShortcut, nativeImage, screen } from './desktop.ts'
import { writeError } from './errorsFile.ts'
import { Menu, Tray } from './menu.ts'
import { protocol } from './protocol.ts'
import { safeStorage } from './safeStorage.ts'
import { defaultSession } from './session.ts'
import type { Surface } from './surface.ts'
import { MessageChannelMain, utilityProcess } from './utilityProcess.ts'
import { ipcMain } from './webContents.ts'

/** Dialogs that the user closes at once; tests replace these functions. */
const dialog = {
  showMessageBox: async () => ({ response: 1, checkboxChecked: false }),
  showOpenDialog: async () => ({ canceled: true, filePaths: [] }),
  showErrorBox: (title: string, content: string) => writeError(app.getPath('userData'), `${title}\n${content}`),
}

/** Opens and shows nothing; tests replace the functions. */
const shell = { openExternal: async () => {}, showItemInFolder: () => {} }

const surface = {
  app,
  BrowserWindow,
  desktopCapturer,
  dialog,
  globalShortcut,
  ipcMain,
  Menu,
  MessageChannelMain,
  nativeImage,
  nativeTheme: { shouldUseDarkColors: false },
  protocol,
  safeStorage,
  screen,
  session: { defaultSession },
  shell,
  systemPreferences: { getMediaAccessStatus: () => 'granted' as const },
  Tray,
  utilityProcess,
}
const { nativeTheme, session, systemPreferences } = surface
surface satisfies Surface

export {
  app,
  BrowserWindow,
  desktopCapturer,
  dialog,
  globalShortcut,
  ipcMain,
  Menu,
  MessageChannelMain,
  nativeImage,
  nativeTheme,
  protocol,
  safeStorage,
}
export { screen, session, shell, systemPreferences, Tray, utilityProcess }
