import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { _electron } from '@playwright/test'
import type { BrowserContext, ElectronApplication, Page } from '@playwright/test'
import { ERRORS_FILE } from '../../electron/testing/errorsFile.ts'
import { electronProgram, root } from './electronProgram.ts'
import { haveEnded, processesBelow } from './processes.ts'

/** One running app with a data folder of its own, whichever shell it has. */
export interface RunningApp {
  /** The window of the app; another one after `restart`. */
  readonly page: Page
  /** The process that holds the core. */
  readonly pid: number
  /** Ends the whole app at once, as a power cut would (SIGKILL). */
  kill(): Promise<void>
  /** Starts the app again on the same data. */
  restart(): Promise<void>
  /** Ends the app as its user would. */
  quit(): Promise<void>
}

/** The browser shell in a process of its own, and a page of `context` as its window. */
export class BrowserApp implements RunningApp {
  readonly page: Page
  /** The address that lets a browser in. */
  address = ''
  private readonly data: string
  private readonly environment: Record<string, string>
  private core: ChildProcess | null = null

  private constructor(page: Page, data: string, environment: Record<string, string>) {
    this.page = page
    this.data = data
    this.environment = environment
  }

  /** `environment` is added to this process's own. */
  static async start(
    context: BrowserContext,
    data: string,
    environment: Record<string, string> = {},
  ): Promise<BrowserApp> {
    const app = new BrowserApp(await context.newPage(), data, environment)
    await app.restart()
    return app
  }

  get pid(): number {
    return this.core?.pid ?? 0
  }

  async restart(): Promise<void> {
    const env = { ...process.env, ...this.environment }
    const core = spawn(process.execPath, ['main/cli.ts', 'serve', '--port', '0', '--no-open', '--data', this.data], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.core = core
    this.address = await new Promise((resolve, reject) => {
      core.once('exit', (code) => reject(new Error(`The app ended with code ${code} before it said its address.`)))
      createInterface(core.stdout).on('line', (line) => {
        const address = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(line)?.[0]
        if (address) resolve(address)
      })
    })
    await this.page.goto(this.address)
  }

  kill(): Promise<void> {
    return this.end('SIGKILL')
  }

  quit(): Promise<void> {
    return this.end('SIGTERM')
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { core } = this
    if (!core || core.exitCode !== null || core.signalCode !== null) return
    const ended = once(core, 'exit')
    core.kill(signal)
    await ended
  }
}

/** Switches and script of the built desktop shell, with its own data folder. */
export const electronArguments = (data: string): string[] => ['dist/electron/main.js', `--user-data-dir=${data}`]

/** The environment of the desktop shell: this Node comes first for the stand-in. */
export function electronEnvironment(): Record<string, string> {
  const defined = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { ...Object.fromEntries(defined), PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}` }
}

/** What a process writes to standard error from now on. */
function collectErrors(child: ChildProcess): () => string {
  const chunks: string[] = []
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk.toString()))
  return () => chunks.join('')
}

/** What the stand-in wrote down of errors since `since`, also those before anybody could listen; empty: nothing. */
function readErrors(data: string, since: number): string {
  const path = join(data, ERRORS_FILE)
  const isOfThisStart = existsSync(path) && statSync(path).mtimeMs >= since
  return isOfThisStart ? readFileSync(path, 'utf8') : ''
}

/** The built desktop shell, in Electron or on the stand-in for it. */
export class ElectronApp implements RunningApp {
  private readonly data: string
  private readonly environment: Record<string, string>
  private shell: ElectronApplication | null = null
  private main: ChildProcess | null = null
  private window: Page | null = null

  private constructor(data: string, environment: Record<string, string>) {
    this.data = data
    this.environment = environment
  }

  /** `environment` is added to this process's own. */
  static async start(data: string, environment: Record<string, string> = {}): Promise<ElectronApp> {
    const app = new ElectronApp(data, environment)
    await app.restart()
    return app
  }

  get page(): Page {
    if (!this.window) throw new Error('The app is not running.')
    return this.window
  }

  get pid(): number {
    return this.main?.pid ?? 0
  }

  /** Playwright's hold on the main process. */
  get electron(): ElectronApplication {
    if (!this.shell) throw new Error('The app is not running.')
    return this.shell
  }

  async restart(): Promise<void> {
    const program = electronProgram()
    const failure = await this.open(program.path)
    if (!failure) return
    // The stand-in's Chromium may refuse its first page; what is wrong with the app itself fails again.
    const isStandIns = program.standInBecause !== null && this.main?.exitCode === 1
    if (!isStandIns) throw failure
    process.stderr.write(
      `The app is started once more, because it ended before its window opened. ${failure.message}\n`,
    )
    const again = await this.open(program.path)
    if (again) throw again
  }

  /** Starts the process and waits for its window. Gives what kept that from opening; null when it is open. */
  private async open(executablePath: string): Promise<Error | null> {
    const env = { ...electronEnvironment(), ...this.environment }
    const startedAt = Date.now()
    this.shell = await _electron.launch({ executablePath, args: electronArguments(this.data), cwd: root, env })
    this.main = this.shell.process()
    const said = collectErrors(this.main)
    try {
      this.window = await this.shell.firstWindow()
      await this.window.waitForURL(/sightline/)
      return null
    } catch (cause) {
      const end = this.main.exitCode ?? this.main.signalCode ?? 'none: it still runs'
      const early = readErrors(this.data, startedAt)
      return new Error(`The app opened no window. Exit code: ${end}. It said:\n${early}${said()}`, { cause })
    }
  }

  async kill(): Promise<void> {
    const { main } = this
    if (!main?.pid) return
    const ended = once(main, 'exit')
    // the core among them, which has the data folder until it has ended
    const below = processesBelow(main.pid)
    // Its whole process group, as the browser processes of the app end with it.
    process.kill(process.platform === 'win32' ? main.pid : -main.pid, 'SIGKILL')
    await ended
    await haveEnded(below)
  }

  async quit(): Promise<void> {
    if (this.main?.exitCode === null && this.main.signalCode === null) await this.electron.close()
  }
}
