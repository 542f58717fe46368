import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AboutPanelOptionsOptions } from 'electron'
import { writeError } from './errorsFile.ts'
import { Listeners } from './listeners.ts'
import type { Surface } from './surface.ts'

/** One running instance per data folder, as Electron's lock: the later one tells the first and gets false. */
export function lockInstance(folder: string, onSecond: (argv: string[], cwd: string) => void): boolean {
  const lock = join(folder, 'stand-in-lock')
  const requests = join(folder, 'stand-in-requests')
  mkdirSync(requests, { recursive: true })
  const owner = readOwner(lock)
  if (owner !== null && isRunning(owner)) {
    writeFileSync(join(requests, `${process.pid}`), JSON.stringify({ argv: process.argv, cwd: process.cwd() }))
    return false
  }
  writeFileSync(lock, String(process.pid))
  watch(requests, (_type, name) => {
    const path = name && join(requests, name)
    if (!path) return
    try {
      const { argv, cwd } = JSON.parse(readFileSync(path, 'utf8')) as { argv: string[]; cwd: string }
      rmSync(path)
      onSecond(argv, cwd)
    } catch {
      return // Not written to its end yet, or handled: another event follows or has been.
    }
  }).unref()
  return true
}

function readOwner(lock: string): number | null {
  try {
    return Number(readFileSync(lock, 'utf8'))
  } catch {
    return null
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const userData =
  process.argv.find((arg) => arg.startsWith('--user-data-dir='))?.slice('--user-data-dir='.length) ??
  mkdtempSync(join(tmpdir(), 'sightline-stand-in-'))
mkdirSync(userData, { recursive: true })

/** The application's life: ready, quit in Electron's order of events, exit. */
export class StandInApp extends Listeners {
  readonly isPackaged = false
  sandboxEnabled = false
  about: AboutPanelOptionsOptions = {}
  aboutShown = 0
  /** Set by what must be there before the app is ready and end with it. */
  readonly parts: { start(): Promise<void>; closeWindows(): void; kill(): void }[] = []
  private ready: Promise<void> | null = null
  private quitting = false

  whenReady(): Promise<void> {
    this.ready ??= Promise.all(this.parts.map((part) => part.start())).then(() => this.tell('ready', {}))
    return this.ready
  }

  get isReady(): boolean {
    return this.ready !== null
  }

  quit(): void {
    if (this.quitting || this.ask('before-quit')) return
    this.quitting = true
    for (const part of this.parts) part.closeWindows()
    this.quitting = !this.ask('will-quit')
    if (this.quitting) this.exit(0)
  }

  exit(code = 0): void {
    this.tell('quit', {}, code)
    for (const part of this.parts) part.kill()
    process.exit(code)
  }

  /** The values are remembered, nothing is shown. */
  setAboutPanelOptions(options: AboutPanelOptionsOptions): void {
    this.about = options
  }

  showAboutPanel(): void {
    this.aboutShown++
  }

  enableSandbox(): void {
    this.sandboxEnabled = true
  }

  getPath(name: string): string {
    if (name === 'userData') return userData
    throw new Error(`The stand-in has no path "${name}".`)
  }

  getVersion(): string {
    const file = join(process.cwd(), 'package.json')
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : '0.0.0'
  }

  requestSingleInstanceLock(): boolean {
    return lockInstance(userData, (argv, cwd) => this.tell('second-instance', {}, argv, cwd, null))
  }
}

export const app = new StandInApp() satisfies Surface['app']

process.on('uncaughtExceptionMonitor', (error) => writeError(userData, error.stack ?? String(error)))
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => app.quit())
