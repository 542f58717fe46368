import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { chromium } from 'playwright'
import { findBrowsers } from '../main/browserShell/openWindow.ts'

/** Said when the tests need a browser and none can be had. */
export const installHint =
  'No Chromium found: install one (Debian: apt-get install chromium; elsewhere: npx playwright install --with-deps chromium) or set CHROMIUM to its path.'

/** The path of a browser that starts: $CHROMIUM, one that is installed, or Playwright's own; null when there is none. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | null {
  const named = env['CHROMIUM']
  const candidates = named ? [named] : [...findBrowsers(process.platform, env), chromium.executablePath()]
  return (
    candidates.find((path) => isExecutable(path) && spawnSync(path, ['--version'], { timeout: 30_000 }).status === 0) ??
    null
  )
}

/** Installs Debian's Chromium, as root on a machine with apt-get. Returns its path, or null when that is not possible. */
export function installChromium(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return null
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-q', '-y', ...args], { env, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0
  for (const name of ['chromium', 'chromium-browser']) {
    if (
      apt('install', '--no-install-recommends', name) ||
      (apt('update') && apt('install', '--no-install-recommends', name))
    ) {
      const found = findChromium()
      if (found) return found
    }
  }
  return null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
