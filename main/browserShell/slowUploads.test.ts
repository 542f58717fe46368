import { request as httpRequest } from 'node:http'
import http from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { text } from 'node:stream/consumers'
import { AppError } from '#contract'
import { afterEach, expect, test, vi } from 'vitest'
import { arriving } from '../lib/http/body.ts'
import type { ShellApp } from './attachmentRoutes.ts'
import { serveBrowser } from './server.ts'
import type { BrowserServer } from './server.ts'

let taken = 0
const app: ShellApp = {
  serve: () => () => {},
  async receive(_address, body, signal) {
    const stopped = (cause: unknown) =>
      new AppError('Interrupted', 'a.png did not arrive completely.', undefined, { cause })
    for await (const chunk of arriving(body, signal, stopped)) taken += chunk.length
    return undefined
  },
  attachments: { open: () => Promise.reject(new Error('not asked')) },
  frames: { open: () => Promise.reject(new Error('not asked')) },
  close: async () => {},
}

let server: BrowserServer | undefined
afterEach(async () => {
  await server?.close()
  vi.restoreAllMocks()
  syncBuiltinESMExports()
  taken = 0
})

/** Begins an upload of `bytes` bytes, as an admitted browser does. */
async function begin({ port, url }: BrowserServer, bytes: number) {
  const entry = await fetch(url, { redirect: 'manual' })
  const cookie = entry.headers.get('set-cookie')?.split(';')[0] ?? ''
  const host = `127.0.0.1:${port}`
  const headers = { host, cookie, origin: `http://${host}`, 'content-length': bytes }
  const request = httpRequest({ host: '127.0.0.1', port, method: 'POST', path: '/attachments/?name=a.png', headers })
  request.on('error', () => {})
  const answered = new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    request.once('response', (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject)
    })
  })
  return { request, answered }
}

test('an upload may take any time as long as it goes on', async () => {
  // Node's own limits on a request (300 s, looked at every 30 s), a thousand times as fast
  const { createServer } = http
  vi.spyOn(http, 'createServer').mockImplementation(((options: http.ServerOptions = {}) =>
    createServer({
      requestTimeout: 300,
      headersTimeout: 250,
      connectionsCheckingInterval: 30,
      ...options,
    })) as typeof createServer)
  syncBuiltinESMExports()
  server = await serveBrowser({ app, uiFolder: '/nowhere', port: 0 })
  const { request, answered } = await begin(server, 15)
  let sent = 0
  const sending = setInterval(() => {
    sent++
    if (sent < 15) request.write('x')
    else if (sent === 15) request.end('x')
  }, 50)
  const answer = await answered
  clearInterval(sending)
  expect([answer.status, taken]).toEqual([204, 15])
})

test('one that stands still is ended, with the reason', async () => {
  server = await serveBrowser({ app, uiFolder: '/nowhere', port: 0, silenceMs: 100 })
  const { request, answered } = await begin(server, 15)
  const closed = new Promise((resolve) => request.once('close', resolve))
  request.write('x')
  const { status, body } = await answered
  expect([status, JSON.parse(body)]).toEqual([
    500,
    { code: 'Interrupted', message: 'a.png did not arrive completely.' },
  ])
  await closed
})

test('a slow disk is no silence', async () => {
  let isWaiting = false
  const slow: ShellApp = {
    ...app,
    async receive(address, body, signal) {
      async function* slowly() {
        for await (const chunk of body) {
          isWaiting = true
          await new Promise((resolve) => setTimeout(resolve, 300))
          yield chunk
        }
      }
      return app.receive(address, slowly(), signal)
    },
  }
  server = await serveBrowser({ app: slow, uiFolder: '/nowhere', port: 0, silenceMs: 100 })
  const { request, answered } = await begin(server, 15)
  request.end('x'.repeat(15))
  expect((await answered).status).toBe(204)
  expect(isWaiting).toBe(true)
})
