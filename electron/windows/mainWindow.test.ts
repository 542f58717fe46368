import { EventEmitter } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { openMainWindow } from './mainWindow.ts'

class FakeWindow extends EventEmitter {
  static last: FakeWindow
  readonly webContents = new EventEmitter()
  readonly options: object
  readonly calls: string[] = []

  constructor(options: object) {
    super()
    this.options = options
    FakeWindow.last = this
  }

  show = () => void this.calls.push('show')
  reload = () => void this.calls.push('reload')
  isDestroyed = () => false
  getNormalBounds = () => ({ x: 10, y: 20, width: 900, height: 700 })
  loadURL = async (url: string) => void this.calls.push(url)
}

const electron = vi.hoisted(() => ({
  app: { isPackaged: true, getPath: vi.fn(() => ''), quit: vi.fn() },
  BrowserWindow: class {},
  dialog: { showMessageBox: vi.fn(async () => ({ response: 0 })) },
  nativeTheme: { shouldUseDarkColors: true },
  screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] },
}))
vi.mock('electron', () => electron)

let userData: string

beforeEach(() => {
  vi.clearAllMocks()
  userData = mkdtempSync(join(tmpdir(), 'sightline-window-'))
  electron.app.getPath.mockReturnValue(userData)
  electron.BrowserWindow = FakeWindow as never
})

test('the window is isolated, loads the own page and is shown once it is painted', async () => {
  await openMainWindow('/preload.cjs')
  const { options, calls } = FakeWindow.last
  expect(options).toMatchObject({
    show: false,
    autoHideMenuBar: true,
    webPreferences: {
      preload: '/preload.cjs',
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
    },
  })
  expect(calls).toEqual(['app://sightline/'])
  FakeWindow.last.emit('ready-to-show')
  expect(calls).toContain('show')
})

test('the developer tools are only there in development', async () => {
  const allowed = []
  for (const isPackaged of [true, false]) {
    electron.app.isPackaged = isPackaged
    await openMainWindow('/preload.cjs')
    allowed.push(FakeWindow.last.options)
  }
  expect(allowed).toMatchObject([{ webPreferences: { devTools: false } }, { webPreferences: { devTools: true } }])
})

test('the place of the window is remembered when it closes', async () => {
  await openMainWindow('/preload.cjs')
  FakeWindow.last.emit('close')
  expect(JSON.parse(readFileSync(join(userData, 'window.json'), 'utf8'))).toEqual(FakeWindow.last.getNormalBounds())
  await openMainWindow('/preload.cjs')
  expect(FakeWindow.last.options).toMatchObject({ ...FakeWindow.last.getNormalBounds() })
})

test('after the page crashed the user chooses to reload or to quit', async () => {
  await openMainWindow('/preload.cjs')
  const crash = (reason: string) => FakeWindow.last.webContents.emit('render-process-gone', {}, { reason })
  crash('clean-exit')
  expect(electron.dialog.showMessageBox).not.toHaveBeenCalled()
  crash('crashed')
  await vi.waitUntil(() => FakeWindow.last.calls.includes('reload'), { timeout: 60_000 })
  expect(electron.app.quit).not.toHaveBeenCalled()
  electron.dialog.showMessageBox.mockResolvedValueOnce({ response: 1 })
  crash('oom')
  await vi.waitUntil(() => electron.app.quit.mock.calls.length > 0, { timeout: 60_000 })
  expect(electron.app.quit).toHaveBeenCalledOnce()
})
