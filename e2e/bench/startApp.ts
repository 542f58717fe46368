import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { root } from '../support/electronProgram.ts'

/** Starts the browser shell on a data folder; `from`: of another checkout of the project. */
export async function startCore(
  data: string,
  from = root,
): Promise<{ readonly pid: number; readonly address: string; end(): Promise<void> }> {
  const core = spawn(process.execPath, ['main/cli.ts', 'serve', '--port', '0', '--no-open', '--data', data], {
    cwd: from,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const address = await new Promise<string>((resolve, reject) => {
    core.once('exit', (code) => reject(new Error(`The app ended with code ${code} before it said its address.`)))
    createInterface(core.stdout).on('line', (line) => {
      const found = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(line)?.[0]
      if (found) resolve(found)
    })
  })
  const end = async (): Promise<void> => {
    const ended = once(core, 'exit')
    core.kill('SIGTERM')
    await ended
  }
  return { pid: core.pid ?? 0, address, end }
}

/** How often a condition is looked at, in ms, unless told. */
const POLL_MS = 250

/** One page of a browser of its own, driven by the few commands of its protocol that keep no copies of what it sends. */
export interface PlainPage {
  /** The browser's process. */
  readonly pid: number
  /** The value of an expression in the page. */
  evaluate(expression: string): Promise<unknown>
  /** Waits until an expression is true, looking every `poll` ms. Throws after `timeout` ms. */
  until(expression: string, timeout: number, poll?: number): Promise<void>
  /** Chooses a file of this computer in a file input. */
  pickFile(selector: string, path: string): Promise<void>
  close(): Promise<void>
}

/** Opens an address in a Chromium without a window. */
export async function openPage(executable: string, address: string): Promise<PlainPage> {
  const profile = mkdtempSync(join(tmpdir(), 'sightline-bench-profile-'))
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-extensions',
    '--window-size=1180,800',
  ]
  const browser = spawn(executable, [...flags, '--remote-debugging-port=0', `--user-data-dir=${profile}`, address], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(browser, 'exit')
  const port = await new Promise<string>((resolve, reject) => {
    void ended.then(() => reject(new Error('The browser ended before it could be driven.')))
    createInterface(browser.stderr).on('line', (line) => {
      const found = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(line)?.[1]
      if (found) resolve(found)
    })
  })
  const socket = new WebSocket(await pageAddress(port, new URL(address).host))
  await once(socket, 'open')
  const waiting = new Map<
    number,
    { resolve: (result: Record<string, unknown>) => void; reject: (error: Error) => void }
  >()
  socket.on('message', (message: Buffer) => {
    const { id, result, error } = JSON.parse(message.toString()) as {
      id?: number
      result?: Record<string, unknown>
      error?: { message: string }
    }
    const call = id === undefined ? undefined : waiting.get(id)
    if (!call || id === undefined) return
    waiting.delete(id)
    if (error) call.reject(new Error(error.message))
    else call.resolve(result ?? {})
  })
  let calls = 0
  const send = (method: string, params: object): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      waiting.set(++calls, { resolve, reject })
      socket.send(JSON.stringify({ id: calls, method, params }))
    })
  const evaluate = async (expression: string): Promise<unknown> => {
    const { result } = await send('Runtime.evaluate', { expression, returnByValue: true })
    return (result as { value?: unknown }).value
  }
  return {
    pid: browser.pid ?? 0,
    evaluate,
    until: async (expression, timeout, poll = POLL_MS) => {
      const end = performance.now() + timeout
      // a page that is only being loaded has nothing to evaluate in
      while ((await evaluate(expression).catch(() => false)) !== true) {
        if (performance.now() > end) throw new Error(`It did not come to be: ${expression}`)
        await pause(poll)
      }
    },
    pickFile: async (selector, path) => {
      const { result } = await send('Runtime.evaluate', {
        expression: `document.querySelector(${JSON.stringify(selector)})`,
      })
      await send('DOM.setFileInputFiles', { files: [path], objectId: (result as { objectId: string }).objectId })
    },
    close: async () => {
      socket.close()
      browser.kill('SIGTERM')
      await ended
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Where the protocol of the page at a host is spoken, once the page is there. */
async function pageAddress(port: string, host: string): Promise<string> {
  for (;;) {
    const pages = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
      type: string
      url: string
      webSocketDebuggerUrl: string
    }[]
    const page = pages.find(({ type, url }) => type === 'page' && url.includes(host))
    if (page) return page.webSocketDebuggerUrl
    await pause(POLL_MS)
  }
}
