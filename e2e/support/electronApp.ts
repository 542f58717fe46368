import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, dirname } from 'node:path'
import { _electron } from '@playwright/test'
import type { ElectronApplication, Page } from '@playwright/test'
import type { RunningApp } from './app.ts'
import { electronProgram, root } from './electronProgram.ts'
import { haveEnded, processesBelow } from './processes.ts'

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
    const env = { ...electronEnvironment(), ...this.environment }
    this.shell = await _electron.launch({
      executablePath: electronProgram().path,
      args: electronArguments(this.data),
      cwd: root,
      env,
    })
    this.main = this.shell.process()
    const said = collectErrors(this.main)
    try {
      this.window = await this.shell.firstWindow()
      await this.window.waitForURL(/sightline/)
    } catch (error) {
      const end = this.main.exitCode ?? this.main.signalCode ?? 'none: it still runs'
      throw new Error(`The app opened no window. Exit code: ${end}. It said:\n${said()}`, { cause: error })
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
