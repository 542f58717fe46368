import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { watch } from 'node:fs'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createServer } from 'vite'
import type { ProxyOptions, ViteDevServer } from 'vite'
import { rendererConfig } from './build.ts'
import { root } from './paths.ts'

/** The app while it is worked on. */
export interface DevApp {
  /** Where the window is. */
  readonly url: string
  /** Ends the core and starts it from its present sources; the window connects to it again by itself. */
  restartCore(): Promise<void>
  close(): Promise<void>
}

/** A core that serves loopback, and the cookie that lets the window's server in. */
interface Core {
  readonly process: ChildProcess
  readonly origin: string
  readonly cookie: string
}

/**
 * Serves the window from its sources, changed in place when they change, with the core behind it as the browser shell
 * has it. `args`: further options of `sightline serve`; `port`: of the window's server; 0: a free one.
 */
export async function startDev({ args = [], port = 0 }: { args?: readonly string[]; port?: number }): Promise<DevApp> {
  let core = await startCore(0, args)
  const corePort = Number(new URL(core.origin).port)
  const proxy = proxyTo(() => core)
  const server = await createServer({
    ...rendererConfig,
    server: {
      ...{ host: '127.0.0.1', port, cors: false },
      // the contract, the resizer and the sample pictures lie beside the window's own folder
      fs: { allow: [root] },
      proxy: { '/rpc': { ...proxy, ws: true }, '/attachments': proxy },
    },
  })
  await server.listen()
  return {
    url: addressOf(server),
    async restartCore() {
      await ended(core.process)
      core = await startCore(corePort, args)
    },
    async close() {
      await server.close()
      await ended(core.process)
    },
  }
}

/** Starts the core on `port` (0: a free one); rejects when it ends before it has said its address. */
async function startCore(port: number, args: readonly string[]): Promise<Core> {
  const process_ = spawn(process.execPath, ['main/cli.ts', 'serve', '--no-open', '--port', String(port), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const address = await new Promise<string>((resolve, reject) => {
    process_.once('exit', (code) => reject(new Error(`The core ended with code ${code}.`)))
    createInterface(process_.stdout).on('line', (line) => {
      const found = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(line)?.[0]
      if (found) resolve(found)
    })
  })
  const admitted = await fetch(address, { redirect: 'manual' })
  const cookie = admitted.headers.get('set-cookie')?.split(';')[0] ?? ''
  return { process: process_, origin: new URL(address).origin, cookie }
}

async function ended(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return
  const exit = new Promise((resolve) => process.once('exit', resolve))
  process.kill('SIGTERM')
  await exit
}

/**
 * Passes on what the window sends, with the core's own cookie and origin. Only what comes from the window's own page gets
 * them: the core refuses the rest as it refuses any other page.
 */
function proxyTo(core: () => Core): ProxyOptions {
  const pass = (request: ClientRequest, from: IncomingMessage): void => {
    const { host = '', origin } = from.headers
    if (!/^(127\.0\.0\.1|localhost):\d+$/.test(host) || (origin !== undefined && origin !== `http://${host}`)) return
    request.setHeader('cookie', core().cookie)
    if (origin !== undefined) request.setHeader('origin', core().origin)
  }
  return {
    target: core().origin,
    changeOrigin: true,
    configure(proxy) {
      proxy.on('proxyReq', pass)
      proxy.on('proxyReqWs', pass)
    },
  }
}

function addressOf({ httpServer }: ViteDevServer): string {
  return `http://127.0.0.1:${(httpServer!.address() as AddressInfo).port}/`
}

/** Calls `onChange` once for all changes of the core's sources within a fifth of a second. */
function watchCore(onChange: () => void): void {
  let pending: NodeJS.Timeout | null = null
  watch(join(root, 'main'), { recursive: true }, (_event, file) => {
    if (pending || !file?.endsWith('.ts') || file.endsWith('.test.ts')) return
    pending = setTimeout(() => {
      pending = null
      onChange()
    }, 200)
  })
}

/** `npm run dev [-- options of sightline serve]`. */
async function main(): Promise<void> {
  const dev = await startDev({ args: process.argv.slice(2), port: 5173 })
  console.log(`Sightline is at ${dev.url}; it follows the sources of window and core. Ctrl+C ends it.`)
  let restarting: Promise<void> = Promise.resolve()
  watchCore(() => {
    restarting = restarting
      .then(() => dev.restartCore())
      .then(() => console.log('The core was started again.'))
      .catch((error: unknown) => console.error(error instanceof Error ? error.message : error))
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void dev.close().finally(() => process.exit()))
}

if (import.meta.main) await main()
