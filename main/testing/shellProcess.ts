import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import { WebSocket } from 'ws'
import { mapStreamErrors, fromRpcError } from '../rpc/errors.ts'
import type { Client } from '../rpc/memoryClient.ts'

/** The browser shell in a process of its own, asked as a window asks it: by HTTP and a WebSocket. */
export interface ShellProcess {
  readonly pid: number
  /** How long it took from the start of the process until it said its address, ms. */
  readonly startMs: number
  /** The address that lets a browser in. */
  readonly address: string
  /** A client of its own connection. */
  connect(): Promise<Client>
  /** Sends a file as a window does; `query` as the address has it. Resolves with the answer's status and JSON. */
  upload(query: Readonly<Record<string, string>>, body: Readable): Promise<{ status: number; answer: unknown }>
  end(): Promise<void>
}

const root = join(import.meta.dirname, '../..')

/** Starts the browser shell of a checkout (this one by default) on a data folder. */
export async function startShellProcess({
  data,
  checkout = root,
  environment = {},
}: {
  data: string
  checkout?: string
  environment?: Readonly<Record<string, string>>
}): Promise<ShellProcess> {
  const started = performance.now()
  const shell = spawn(process.execPath, ['main/cli.ts', 'serve', '--port', '0', '--no-open', '--data', data], {
    cwd: checkout,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const address = await new Promise<string>((resolve, reject) => {
    shell.once('exit', (code) => reject(new Error(`The shell ended with code ${code} before it said its address.`)))
    createInterface(shell.stdout).on('line', (line) => {
      const found = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(line)?.[0]
      if (found) resolve(found)
    })
  })
  const startMs = performance.now() - started
  const { origin } = new URL(address)
  const admitted = await fetch(address, { redirect: 'manual' })
  const cookie = admitted.headers.get('set-cookie')?.split(';')[0] ?? ''
  const headers = { cookie, origin }
  const sockets: WebSocket[] = []

  return {
    pid: shell.pid!,
    startMs,
    address,
    async connect() {
      const socket = new WebSocket(`${origin.replace('http', 'ws')}/rpc`, { headers })
      sockets.push(socket)
      await once(socket, 'open')
      const link = new RPCLink({
        websocket: socket as unknown as globalThis.WebSocket,
        interceptors: [
          async ({ next }) => {
            try {
              return mapStreamErrors(await next(), fromRpcError)
            } catch (error) {
              throw fromRpcError(error)
            }
          },
        ],
      })
      return createORPCClient(link)
    },
    async upload(query, body) {
      const sent = request(`${origin}/attachments/?${new URLSearchParams(query)}`, { method: 'POST', headers })
      const answered = once(sent, 'response') as Promise<[IncomingMessage]>
      body.pipe(sent)
      const [response] = await answered
      return { status: response.statusCode ?? 0, answer: await json(response) }
    },
    async end() {
      for (const socket of sockets) socket.terminate()
      if (shell.exitCode !== null || shell.signalCode !== null) return
      const ended = once(shell, 'exit')
      shell.kill('SIGTERM')
      await ended
    },
  }
}
