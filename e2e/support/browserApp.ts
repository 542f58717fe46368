import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { BrowserContext, Page } from '@playwright/test'
import type { RunningApp } from './app.ts'
import { root } from './electronProgram.ts'

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
