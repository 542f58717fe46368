import type { AppError } from '#contract'
import { beforeEach, expect, test, vi } from 'vitest'
import { isWayland, screenCapture } from './capture.ts'
import { globalShortcuts } from './system.ts'

const image = (width: number, height: number) => ({
  isEmpty: () => width === 0,
  getSize: () => ({ width, height }),
  toPNG: () => Buffer.from(`${width}x${height}`),
})
const electron = vi.hoisted(() => ({
  BrowserWindow: class {},
  app: { isPackaged: true },
  desktopCapturer: { getSources: vi.fn() },
  globalShortcut: { register: vi.fn(), unregister: vi.fn() },
  nativeTheme: {},
  screen: { getAllDisplays: vi.fn() },
  shell: { openExternal: vi.fn(async () => {}) },
  systemPreferences: { getMediaAccessStatus: vi.fn((): string => 'granted') } as {
    getMediaAccessStatus?: ReturnType<typeof vi.fn>
  },
}))
vi.mock('electron', () => electron)

const display = (id: number, width: number, height: number, scaleFactor: number) => {
  const bounds = { x: 0, y: 0, width, height }
  return { id, bounds, workArea: bounds, size: { width, height }, scaleFactor }
}
const port = (platform: NodeJS.Platform = 'linux', env: NodeJS.ProcessEnv = {}) =>
  screenCapture({ windows: {} as never, showWindow: () => {}, platform, env })

beforeEach(() => {
  vi.clearAllMocks()
  electron.screen.getAllDisplays.mockReturnValue([display(11, 1440, 900, 2), display(22, 1280, 720, 1.25)])
  electron.systemPreferences.getMediaAccessStatus = vi.fn(() => 'granted')
})

/** Sources as Electron gives them: every one fitted into the size that was asked for. */
function give(...ids: string[]): void {
  electron.desktopCapturer.getSources.mockImplementation(
    async ({ thumbnailSize: { width, height } }: { thumbnailSize: { width: number; height: number } }) =>
      ids.map((id, index) => ({
        id: `screen:${index}:0`,
        name: `Screen ${index}`,
        display_id: id,
        thumbnail: image(width + index, height),
      })),
  )
}

test('each display is captured at its own pixels and found by its id', async () => {
  give('22', '11')
  const capture = port()
  const screens = await capture.screens(await capture.displays(), true)
  expect(screens.map(({ displayId, width, height }) => [displayId, width, height])).toEqual([
    ['11', 2881, 1800],
    ['22', 1600, 900],
  ])
  expect(Buffer.from(screens[1]!.png).toString()).toBe('1600x900')
})

test('displays that are alike are captured in one call, however many there are', async () => {
  electron.screen.getAllDisplays.mockReturnValue([11, 22, 33].map((id) => display(id, 3840, 2160, 1)))
  give('11', '22', '33')
  const capture = port()
  expect((await capture.screens(await capture.displays(), true)).map(({ displayId }) => displayId)).toEqual([
    '11',
    '22',
    '33',
  ])
  expect(electron.desktopCapturer.getSources).toHaveBeenCalledOnce()
})

test('where the system names no display, the order is theirs; what cannot be told apart is refused', async () => {
  give('', '')
  const capture = port()
  expect((await capture.screens(await capture.displays(), true)).map(({ width }) => width)).toEqual([2880, 1601])
  give('')
  await expect(capture.screens(await capture.displays(), true)).rejects.toEqual(
    expect.objectContaining({ code: 'Unauthorized' }) as AppError,
  )
  electron.desktopCapturer.getSources.mockResolvedValue([{ display_id: '11', thumbnail: image(0, 0) }])
  await expect(capture.screens((await capture.displays()).slice(0, 1), true)).rejects.toEqual(
    expect.objectContaining({ code: 'Unauthorized' }) as AppError,
  )
})

test('access is what the system says; where it has no such question, it is granted', async () => {
  const told = (status: string) => {
    electron.systemPreferences.getMediaAccessStatus = vi.fn(() => status)
    return port('darwin').access()
  }
  expect(await Promise.all(['granted', 'denied', 'restricted', 'not-determined', 'unknown'].map(told))).toEqual([
    'granted',
    'denied',
    'denied',
    'unasked',
    'unasked',
  ])
  delete electron.systemPreferences.getMediaAccessStatus
  expect(await port().access()).toBe('granted')
})

test('the settings open where access is given, once the app is in the list there', async () => {
  electron.desktopCapturer.getSources.mockRejectedValue(new Error('denied'))
  await port('darwin').openSettings()
  expect(electron.desktopCapturer.getSources).toHaveBeenCalledOnce()
  expect(electron.shell.openExternal).toHaveBeenCalledWith(
    'x-apple.systempreferences:com.apple.preference.security?Privacy_ScreenCapture',
  )
})

test('on Wayland the desktop asks its user, and sources are not listed', async () => {
  expect(isWayland('linux', { XDG_SESSION_TYPE: 'wayland' })).toBe(true)
  expect(isWayland('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toBe(true)
  expect(isWayland('linux', { XDG_SESSION_TYPE: 'x11', WAYLAND_DISPLAY: 'wayland-0' })).toBe(false)
  expect(isWayland('win32', { WAYLAND_DISPLAY: 'wayland-0' })).toBe(false)
  const wayland = port('linux', { XDG_SESSION_TYPE: 'wayland' })
  expect([wayland.way, await wayland.sources()]).toEqual(['picker', []])
  expect(electron.desktopCapturer.getSources).not.toHaveBeenCalled()
  expect(port().way).toBe('overlay')
})

test('screens and windows are listed by name', async () => {
  electron.desktopCapturer.getSources.mockResolvedValue([
    { id: 'screen:0:0', name: 'Screen 1' },
    { id: 'window:5:0', name: ' ' },
    { id: 'window:6:0', name: 'Letter' },
  ])
  expect(await port().sources()).toEqual([
    { id: 'screen:0:0', name: 'Screen 1' },
    { id: 'window:6:0', name: 'Letter' },
  ])
})

test('keys are given back before others are taken, and what the system refuses counts as taken', async () => {
  const { register, unregister } = electron.globalShortcut
  const press = () => {}
  const keys = globalShortcuts()
  register.mockReturnValue(true)
  expect(await keys.set('Alt+A', press)).toBe(true)
  expect(await keys.set('Alt+B', press)).toBe(true)
  expect(unregister.mock.calls).toEqual([['Alt+A']])
  register.mockReturnValueOnce(false)
  expect(await keys.set('Alt+C', press)).toBe(false)
  register.mockImplementationOnce(() => {
    throw new TypeError('conversion failure')
  })
  expect(await keys.set('nonsense', press)).toBe(false)
  expect(await keys.set(null, press)).toBe(true)
  expect(unregister.mock.calls).toEqual([['Alt+A'], ['Alt+B']])
})
