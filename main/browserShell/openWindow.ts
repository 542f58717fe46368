import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** A window that was opened. */
export interface AppWindow {
  /** Settles when the browser that shows it has ended. */
  readonly closed: Promise<void>
  /** Closes it. */
  close(): void
}

export interface OpenWindowOptions {
  readonly env?: NodeJS.ProcessEnv
  /** A browser that ends sooner than this, in ms, did not show the window (or gave it to one that was running). */
  readonly settleMs?: number
}

/**
 * Opens `url` as a window of its own, without an address bar, in a Chromium, Chrome, Edge or Brave on this computer.
 * `profile` is the folder of its profile, so that it shares nothing with the user's own browser. Returns false when
 * there is no display or no such browser works: then the address is what a person can open.
 */
export async function openWindow(
  url: string,
  profile: string,
  { env = process.env, settleMs = 3000 }: OpenWindowOptions = {},
): Promise<AppWindow | false> {
  if (!hasDisplay(process.platform, env)) return false
  for (const browser of findBrowsers(process.platform, env)) {
    const window = await start(browser, flags(url, profile), env, settleMs)
    if (window) return window
  }
  return false
}

/** Whether there is a screen to show a window on. */
export function hasDisplay(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): boolean {
  if (platform === 'win32' || platform === 'darwin') return true
  return Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY'])
}

/** Executables of the browsers on this computer that have app-mode windows, the most likely first. */
export function findBrowsers(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string[] {
  return candidates(platform, env).filter((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function candidates(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string[] {
  if (platform === 'win32') {
    const programs = [
      'Google\\Chrome\\Application\\chrome.exe',
      'Microsoft\\Edge\\Application\\msedge.exe',
      'Chromium\\Application\\chrome.exe',
      'BraveSoftware\\Brave-Browser\\Application\\brave.exe',
    ]
    const roots = [env['ProgramFiles'], env['ProgramFiles(x86)'], env['LOCALAPPDATA']].filter(
      (root) => root !== undefined,
    )
    return programs.flatMap((program) => roots.map((root) => join(root, program)))
  }
  if (platform === 'darwin') {
    const programs = ['Google Chrome', 'Chromium', 'Microsoft Edge', 'Brave Browser'].map((name) =>
      join(`${name}.app`, 'Contents', 'MacOS', name),
    )
    return programs.flatMap((program) =>
      ['/Applications', join(homedir(), 'Applications')].map((root) => join(root, program)),
    )
  }
  const programs = [
    'chromium',
    'chromium-browser',
    'google-chrome',
    'google-chrome-stable',
    'microsoft-edge',
    'microsoft-edge-stable',
    'brave-browser',
  ]
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'))
  return programs.flatMap((program) => folders.map((folder) => join(folder, program)))
}

/** Flags of the window: its own profile, nothing sent home, and none that weakens the browser. */
const flags = (url: string, profile: string) => [
  `--app=${url}`,
  `--user-data-dir=${profile}`,
  '--window-size=1280,860',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
]

function start(browser: string, args: string[], env: NodeJS.ProcessEnv, settleMs: number): Promise<AppWindow | null> {
  return new Promise((resolve) => {
    const child = spawn(browser, args, { stdio: 'ignore', env })
    const { promise: closed, resolve: end } = Promise.withResolvers<void>()
    const close = () => void child.kill()
    const settled = setTimeout(() => resolve({ closed, close }), settleMs)
    child.once('error', () => {
      clearTimeout(settled)
      resolve(null)
    })
    child.once('exit', (code) => {
      clearTimeout(settled)
      // An early clean end means that a running browser of this profile took the window over: it never tells its end.
      resolve(code === 0 ? { closed: new Promise(() => {}), close } : null)
      end()
    })
  })
}
