import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright'
import type { BrowserContext, CDPSession } from 'playwright'
import type { SessionSurface } from './surface.ts'

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

type CheckHandler = Parameters<SessionSurface['setPermissionCheckHandler']>[0]
type RequestHandler = Parameters<SessionSurface['setPermissionRequestHandler']>[0]
type Permission = Parameters<NonNullable<CheckHandler>>[1]

/** Electron's names of permissions and Chromium's. */
const permissions = [
  ['geolocation', 'geolocation'],
  ['notifications', 'notifications'],
  ['clipboard-read', 'clipboard-read'],
  ['clipboard-sanitized-write', 'clipboard-write'],
  ['media', 'camera'],
  ['media', 'microphone'],
  ['midi', 'midi'],
] as const satisfies readonly (readonly [Permission, string])[]

/**
 * The session's permission handlers. What they say is what the driven Chromium then grants or denies; without handlers
 * everything is granted, as in Electron.
 */
export class StandInSession implements SessionSurface {
  /** Kept open: Chromium forgets what it was told about permissions when the session ends. */
  private client: CDPSession | null = null
  private check: CheckHandler = null
  private request: RequestHandler = null
  private device: Parameters<SessionSurface['setDevicePermissionHandler']>[0] = null

  setPermissionCheckHandler(handler: CheckHandler): void {
    this.check = handler
  }

  setPermissionRequestHandler(handler: RequestHandler): void {
    this.request = handler
  }

  setDevicePermissionHandler(handler: Parameters<SessionSurface['setDevicePermissionHandler']>[0]): void {
    this.device = handler
  }

  /** Chromium's own pages are not asked about: that needs Electron itself. */
  setDisplayMediaRequestHandler(): void {}

  /** True when a page may use devices, e.g. over WebUSB. */
  grantsDevices(): boolean {
    return this.device === null
  }

  async attach(context: BrowserContext): Promise<void> {
    this.client = (await context.browser()?.newBrowserCDPSession()) ?? null
  }

  /** Gives the handlers' answers to Chromium, for pages loaded after this. */
  async apply(): Promise<void> {
    for (const [permission, name] of permissions) {
      const setting = (await this.allows(permission)) ? 'granted' : 'denied'
      await this.client?.send('Browser.setPermission', { permission: { name }, setting })
    }
  }

  private async allows(permission: Permission): Promise<boolean> {
    const checked = this.check?.(null, permission, '', {} as never) ?? true
    const { request } = this
    return (
      checked &&
      (!request ||
        new Promise((resolve) =>
          request(null as never, permission as never, resolve, { isMainFrame: true, requestingUrl: '' } as never),
        ))
    )
  }
}

export const defaultSession = new StandInSession()
