import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import { pipeline } from 'node:stream/promises'
import { SchemeAddresses } from './schemeAddress.ts'

export type SchemeHandler = (request: Request) => Response | Promise<Response>

/** Bodies beyond this many bytes fit into no Buffer of Electron's; the request fails then. */
const MAX_BODY_BYTES = 4 * 1024 ** 3

/**
 * Carries the app's scheme over loopback HTTP, so that ranges work and Chromium itself enforces the headers of the answers
 * (Content-Security-Policy, CORS). Two things are as in Electron's `protocol.handle`, however little one would guess them:
 * the body of a request, a Blob's too, is read whole into memory before the handler is asked, and the request's signal
 * never aborts, so that a handler does not hear of a page that gave up.
 */
export async function serveScheme(scheme: string, handler: () => SchemeHandler | undefined): Promise<SchemeAddresses> {
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing).catch(() => outgoing.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const addresses = new SchemeAddresses(scheme, (server.address() as AddressInfo).port)

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const handle = handler()
    if (!handle) return void outgoing.writeHead(404).end()
    const response = await handle(await toRequest(incoming, addresses))
    outgoing.statusCode = response.status
    for (const [name, value] of response.headers) outgoing.setHeader(name, addresses.toPage(value))
    if (!response.body) return void outgoing.end()
    await pipeline(Readable.fromWeb(response.body as NodeReadableStream), outgoing)
  }
  return addresses
}

async function toRequest(incoming: IncomingMessage, addresses: SchemeAddresses): Promise<Request> {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (name === 'host' || name === 'connection' || value === undefined) continue
    headers.set(name, addresses.toApp(String(value)))
  }
  const url = addresses.toApp(`http://${incoming.headers.host}${incoming.url}`)
  const method = incoming.method ?? 'GET'
  if (method === 'GET' || method === 'HEAD') return new Request(url, { method, headers })
  if (Number(incoming.headers['content-length']) > MAX_BODY_BYTES) throw new Error('The body fits into no Buffer.')
  return new Request(url, { method, headers, body: await buffer(incoming) })
}
