import { AppError } from '#contract'
import type { ScreenAccess } from '#contract'
import { desktopCapturer, screen, shell, systemPreferences } from 'electron'
import type { DesktopCapturerSource } from 'electron'
import type { Capture, Display, ScreenPicture } from '../../main/ports.ts'
import { CAPTURE_ADDRESS } from '../protocol.ts'
import { currentDisplays } from '../windows/captureWindows.ts'
import type { CaptureWindows } from '../windows/captureWindows.ts'
import { withoutWindow } from '../windows/mainWindow.ts'
import { windowPlaces } from './windowPlaces.ts'

/** Where macOS, the one system that refuses it, lets its user choose who sees the screen. */
const PRIVACY_SETTINGS = 'x-apple.systempreferences:com.apple.preference.security?Privacy_ScreenCapture'

/** What the port is put together from. */
export interface CaptureParts {
  readonly windows: CaptureWindows
  readonly showWindow: Capture['showWindow']
  readonly platform?: NodeJS.Platform
  readonly env?: NodeJS.ProcessEnv
}

/** True where windows cannot see the screen or where they are on it: the desktop asks its user what to show. */
export const isWayland = (platform: NodeJS.Platform, env: NodeJS.ProcessEnv): boolean =>
  platform === 'linux' &&
  (env['XDG_SESSION_TYPE'] === 'wayland' || (env['XDG_SESSION_TYPE'] === undefined && Boolean(env['WAYLAND_DISPLAY'])))

/** Pictures of the displays from Electron's desktop capturer, which no page is ever given. */
export function screenCapture({
  windows,
  showWindow,
  platform = process.platform,
  env = process.env,
}: CaptureParts): Capture {
  return {
    ...windows,
    showWindow,
    way: isWayland(platform, env) ? 'picker' : 'overlay',
    address: CAPTURE_ADDRESS,
    sources: async () => (isWayland(platform, env) ? [] : listSources()),
    displays: async () => currentDisplays(),
    screens: (displays, withWindow) => {
      const all = () => captureScreens(displays)
      return withWindow ? all() : withoutWindow(all)
    },
    windowPlaces: () => windowPlaces(platform),
    access: async () => screenAccess(),
    async openSettings() {
      // The app is in the list there once it has tried.
      await desktopCapturer.getSources({ types: ['screen'], thumbnailSize: { width: 1, height: 1 } }).catch(() => [])
      await shell.openExternal(PRIVACY_SETTINGS)
    },
  }
}

/** Screens and windows by name; what has none cannot be told apart. */
async function listSources(): Promise<{ id: string; name: string }[]> {
  const sources = await desktopCapturer.getSources({
    types: ['screen', 'window'],
    thumbnailSize: { width: 0, height: 0 },
  })
  return sources.map(({ id, name }) => ({ id, name })).filter(({ name }) => name.trim() !== '')
}

/** Only macOS ever refuses; on Linux Electron does not have the question. */
function screenAccess(): ScreenAccess {
  const { getMediaAccessStatus }: Partial<typeof systemPreferences> = systemPreferences
  const status = getMediaAccessStatus?.call(systemPreferences, 'screen') ?? 'granted'
  return status === 'granted' ? 'granted' : status === 'not-determined' || status === 'unknown' ? 'unasked' : 'denied'
}

/**
 * Each display in its own pixels. One call captures every screen and fits all of them into one size, so there is a call
 * for each size that displays have: one where they are alike. Throws Unauthorized when the system gives no picture.
 */
async function captureScreens(displays: readonly Display[]): Promise<ScreenPicture[]> {
  const calls = new Map<string, Promise<DesktopCapturerSource[]>>()
  const sourcesOf = ({ id }: Display): Promise<DesktopCapturerSource[]> => {
    const display = screen.getAllDisplays().find((one) => String(one.id) === id)
    const pixels = (length: number) => Math.round(length * (display?.scaleFactor ?? 1))
    const thumbnailSize = { width: pixels(display?.size.width ?? 0), height: pixels(display?.size.height ?? 0) }
    const size = `${thumbnailSize.width}x${thumbnailSize.height}`
    const call = calls.get(size) ?? desktopCapturer.getSources({ types: ['screen'], thumbnailSize })
    calls.set(size, call)
    return call
  }
  return Promise.all(
    displays.map(async (display, index) => pictureOf(display, index, displays.length, await sourcesOf(display))),
  )
}

function pictureOf(
  { id }: Display,
  index: number,
  count: number,
  sources: readonly DesktopCapturerSource[],
): ScreenPicture {
  // Some systems do not say which display a source is; then they come in the same order.
  const source = sources.find((one) => one.display_id === id) ?? (sources.length === count ? sources[index] : undefined)
  if (!source || source.thumbnail.isEmpty()) {
    throw new AppError(
      'Unauthorized',
      'The system gave no picture of the screen. Look whether Sightline may record it, then try again.',
    )
  }
  return { displayId: id, ...source.thumbnail.getSize(), png: source.thumbnail.toPNG() }
}
