import { join } from 'node:path'
import { app, BrowserWindow, dialog, ipcMain, Menu, protocol, session } from 'electron'
import type { HostCommand } from '#contract'
import { createApp } from '../main/app.ts'
import { Emitter } from '../main/lib/emitter.ts'
import { handleDisplayMedia } from './displayMedia.ts'
import { openMainLog } from './mainLog.ts'
import { appMenu } from './menu.ts'
import { denyPermissions } from './permissions.ts'
import { electronPorts } from './ports/index.ts'
import { appPaths } from './ports/paths.ts'
import { createProgressBar } from './progressBar.ts'
import { handleProtocol, scheme } from './protocol/index.ts'
import { handlePortRequests } from './rpcPorts.ts'
import { openTray } from './tray.ts'
import { captureWindows } from './windows/captureWindows.ts'
import { guardContents } from './windows/guards.ts'
import { mainWindow, openMainWindow } from './windows/mainWindow.ts'

const dist = join(import.meta.dirname, '..')
const preload = join(dist, 'electron', 'preload.cjs')
/** For desktops that give no keys to apps: their own shortcut runs `sightline --capture`. */
const CAPTURE_SWITCH = '--capture'
const commands = new Emitter<HostCommand>()

/** Brings the open window to the front, or opens one, at a conversation if one is named. */
function showWindow(conversationId?: string): void {
  const window = mainWindow()
  if (!window) return void openMainWindow(preload, conversationId).catch(report)
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
}

/** A window that has to be opened for it begins with a new conversation anyway. */
function newConversation(): void {
  showWindow()
  commands.emit({ type: 'newConversation' })
}

/** Starts the core and the first window. Throws what the core throws, e.g. when the data folder cannot be used. */
async function start(): Promise<void> {
  const paths = appPaths(join(dist, '..'))
  openMainLog(app, join(paths.data, 'logs'))
  const capture = (): void => core.startCapture()
  const open = (): void => showWindow()
  const tray = openTray(join(paths.resources, 'icons'), { open, newConversation, capture, quit: () => app.quit() })
  const core = createApp(
    electronPorts(dist, { paths, commands, tray: tray !== null, windows: captureWindows(preload), showWindow }),
  )
  const showProgress = createProgressBar()
  app.setAboutPanelOptions({ applicationName: 'Sightline', applicationVersion: app.getVersion() })
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(appMenu({ platform: process.platform, isDevelopment: !app.isPackaged, newConversation })),
  )
  core.onDownloads((progress) => {
    showProgress(progress)
    tray?.showDownloads(progress)
  })
  denyPermissions(session.defaultSession, core.permits)
  handleDisplayMedia(session.defaultSession, core.permits)
  handleProtocol(protocol, {
    page: join(dist, 'renderer'),
    attachments: core.attachments,
    frames: core.frames,
    captures: core.captures,
  })
  handlePortRequests(ipcMain, core.serve)
  app.on('second-instance', (_event, argv) => (argv.includes(CAPTURE_SWITCH) ? capture() : open()))
  app.on('activate', open)
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
  app.once('will-quit', (event) => {
    event.preventDefault()
    void core.close().finally(() => app.exit(0))
  })
  await openMainWindow(preload)
  if (process.argv.includes(CAPTURE_SWITCH)) capture()
}

function report(error: unknown): void {
  dialog.showErrorBox('Sightline could not open its window', error instanceof Error ? error.message : String(error))
}

app.enableSandbox()
protocol.registerSchemesAsPrivileged([scheme])
app.on('web-contents-created', (_event, contents) =>
  guardContents(contents, () => BrowserWindow.fromWebContents(contents)),
)

if (app.requestSingleInstanceLock()) {
  app
    .whenReady()
    .then(start)
    .catch((error: unknown) => {
      report(error)
      app.exit(1)
    })
} else {
  app.exit(0)
}
