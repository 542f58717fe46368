import { app } from './app.ts'
import { BrowserWindow } from './browserWindow.ts'
import { Menu } from './menu.ts'
import { MessageChannelMain } from './messageChannel.ts'
import { nativeImage } from './nativeImage.ts'
import { protocol } from './protocol.ts'
import { safeStorage } from './safeStorage.ts'
import { defaultSession } from './session.ts'
import type { Surface } from './surface.ts'
import { Tray } from './tray.ts'
import { utilityProcess } from './utilityProcess.ts'
import { ipcMain } from './webContents.ts'

const screenArea = { x: 0, y: 0, width: 1920, height: 1080 }

/** Dialogs that the user closes at once; tests replace these functions. */
const dialog = {
  showMessageBox: async () => ({ response: 1, checkboxChecked: false }),
  showOpenDialog: async () => ({ canceled: true, filePaths: [] }),
  showErrorBox: (title: string, content: string) => void process.stderr.write(`${title}\n${content}\n`),
}

/** Opens and shows nothing; tests replace the functions. */
const shell = { openExternal: async () => {}, showItemInFolder: () => {} }

const surface = {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  nativeImage,
  nativeTheme: { shouldUseDarkColors: false },
  protocol,
  safeStorage,
  screen: { getAllDisplays: () => [{ workArea: screenArea } as never] },
  session: { defaultSession },
  shell,
  Tray,
  utilityProcess,
}
const { nativeTheme, screen, session } = surface
surface satisfies Surface

export { app, BrowserWindow, dialog, ipcMain, Menu, MessageChannelMain, nativeImage, nativeTheme, protocol, safeStorage }
export { screen, session, shell, Tray, utilityProcess }
