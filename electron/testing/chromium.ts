import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright'
import type { BrowserContext } from 'playwright'

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  // An address is loaded as it was written, never as https instead.
  '--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable',
  '--no-startup-window',
  '--window-size=1180,800',
  '--remote-debugging-port=0',
]

/** A Chromium that this process drives, and that others may attach to: it says its address on standard error. */
export interface DrivenChromium {
  readonly context: BrowserContext
  kill(): void
}

/** Starts $CHROMIUM (default: `chromium`) with its own profile. Throws when it does not start. */
export async function startChromium(profile: string): Promise<DrivenChromium> {
  const child = spawn(process.env.CHROMIUM || 'chromium', [...flags, `--user-data-dir=${profile}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const address = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`Chromium ended with code ${code} before it could be driven.`)))
    createInterface(child.stderr).on('line', (line) => {
      const found = /^DevTools listening on (ws:.*)$/.exec(line)?.[1]
      if (!found) return
      process.stderr.write(`${line}\n`)
      resolve(found)
    })
  })
  const browser = await chromium.connectOverCDP(address)
  const [context] = browser.contexts()
  if (!context) throw new Error('Chromium has no default context.')
  return { context, kill: () => void child.kill('SIGKILL') }
}
