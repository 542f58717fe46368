import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { BrowserWindow, Menu, app, dialog, ipcMain, protocol, session } from 'electron'
import type { DownloadProgress } from '../main/app.ts'
import type { Permits } from './core/link.ts'
import { superviseCore } from './core/supervisor.ts'
import type { CoreSupervisor } from './core/supervisor.ts'
import { forkUtility, utilityLine, utilityWorkers } from './core/utility.ts'
import { openMainLog } from './mainLog.ts'
import { appMenu } from './menu.ts'
import { filesNamed } from './openedFiles.ts'
import { denyPermissions, handleDisplayMedia } from './permissions.ts'
import { appPaths, electronPorts } from './ports/index.ts'
import { handleProtocol, scheme } from './protocol.ts'
import { handleGivenFiles, handlePortRequests } from './rpcPorts.ts'
import { createProgressBar, openTray } from './tray.ts'
import { captureWindows } from './windows/captureWindows.ts'
import { guardContents } from './windows/guards.ts'
import { mainWindow, openMainWindow } from './windows/mainWindow.ts'

const dist = join(import.meta.dirname, '..')
const preload = join(dist, 'electron', 'preload.cjs')
/** For desktops that give no keys to apps: their own shortcut runs `sightline --capture`. */
const CAPTURE_SWITCH = '--capture'
/** How long the log may take to write its last lines, in ms. */
const LAST_LINES_MS = 1_000
let core: CoreSupervisor

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
  void core.current?.command({ type: 'newConversation' })
}

/** Puts files that the user opened with the app into the question that starts a conversation. */
function openFiles(paths: readonly string[]): void {
  if (paths.length === 0) return
  // where there is no core, the window says so
  void core.running().then(
    (running) => running.openFiles(paths),
    () => {},
  )
}

/** Files that macOS names before the core is there. */
const early: string[] = []
let isStarted = false

/** Starts the core and the first window, each without waiting for the other. */
async function start(): Promise<void> {
  const paths = appPaths(join(dist, '..'))
  const log = openMainLog(app, join(paths.data, 'logs'))
  const capture = (): void =>
    void core.running().then(
      (running) => running.startCapture(),
      () => showWindow(),
    )
  const open = (): void => showWindow()
  const tray = openTray(join(paths.resources, 'icons'), { open, newConversation, capture, quit: () => app.quit() })
  const windows = captureWindows(preload)
  const workers = utilityWorkers(join(dist, 'workers'), log)
  const ports = electronPorts({ paths, workers, tray: tray !== null, windows, showWindow })
  let showProgress = createProgressBar()
  const showDownloads = (progress: DownloadProgress): void => {
    showProgress(progress)
    tray?.showDownloads(progress)
  }
  core = superviseCore({
    fork() {
      const process = forkUtility(join(dist, 'electron', 'core.js'), 'Sightline core', log)
      return { line: utilityLine(process), ended: process.ended, kill: () => process.kill() }
    },
    ports,
    log,
    onRunning: (running) => void running.onDownloads(showDownloads),
    onEnded() {
      workers.endAll()
      windows.closeOverlays()
      windows.closePanel()
      void ports.shortcuts?.set(null, () => {})
      showDownloads({ share: null, active: 0, failed: 0, stalled: false })
      // What had failed before is no news of the next core.
      showProgress = createProgressBar()
    },
  })
  app.setAboutPanelOptions({ applicationName: 'Sightline', applicationVersion: app.getVersion() })
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(appMenu({ platform: process.platform, isDevelopment: !app.isPackaged, newConversation })),
  )
  const permits: Permits = {
    has: async (what) => (await core.running()).permits.has(what),
    take: async (what) => (await core.running()).permits.take(what),
  }
  denyPermissions(session.defaultSession, permits)
  handleDisplayMedia(session.defaultSession, permits)
  handleProtocol(protocol, {
    page: join(dist, 'renderer'),
    attachments: { open: async (sha, size) => (await core.running()).attachments.open(sha, size) },
    frames: { open: async (key, n) => (await core.running()).frames.open(key, n) },
    captures: { open: async (path) => (await core.running()).captures.open(path) },
  })
  handlePortRequests(ipcMain, core)
  handleGivenFiles(ipcMain, core)
  app.on('second-instance', (_event, argv, folder) => {
    if (argv.includes(CAPTURE_SWITCH)) return capture()
    open()
    openFiles(filesNamed(argv, folder, import.meta.filename))
  })
  isStarted = true
  openFiles([...early, ...filesNamed(process.argv, process.cwd(), import.meta.filename)])
  app.on('activate', open)
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
  // Each Quit comes here until the core has closed: a second one does not skip the rest of it.
  app.on('will-quit', (event) => {
    event.preventDefault()
    void core
      .close()
      .then(() => Promise.race([log.close(), pause(LAST_LINES_MS)]))
      .finally(() => app.exit(0))
  })
  await openMainWindow(preload)
  if (process.argv.includes(CAPTURE_SWITCH)) capture()
}

function report(error: unknown): void {
  dialog.showErrorBox('Sightline could not open its window', error instanceof Error ? error.message : String(error))
}

app.enableSandbox()
app.on('open-file', (event, path) => {
  event.preventDefault()
  if (!isStarted) return void early.push(path)
  showWindow()
  openFiles([path])
})
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
