import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import { pipeline } from 'node:stream/promises'
import { SchemeAddresses } from './schemeAddress.ts'

export type SchemeHandler = (request: Request) => Response | Promise<Response>

/**
 * Carries the app's scheme over loopback HTTP, so that bodies stream, ranges work and Chromium itself enforces the
 * headers of the answers (Content-Security-Policy, CORS).
 */
export async function serveScheme(scheme: string, handler: () => SchemeHandler | undefined): Promise<SchemeAddresses> {
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing).catch(() => outgoing.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const addresses = new SchemeAddresses(scheme, (server.address() as AddressInfo).port)

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const handle = handler()
    if (!handle) return void outgoing.writeHead(404).end()
    const gone = new AbortController()
    outgoing.once('close', () => gone.abort())
    const response = await handle(toRequest(incoming, addresses, gone.signal))
    outgoing.statusCode = response.status
    for (const [name, value] of response.headers) outgoing.setHeader(name, addresses.toPage(value))
    if (!response.body) return void outgoing.end()
    await pipeline(Readable.fromWeb(response.body as NodeReadableStream), outgoing)
  }
  return addresses
}

function toRequest(incoming: IncomingMessage, addresses: SchemeAddresses, signal: AbortSignal): Request {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (name === 'host' || name === 'connection' || value === undefined) continue
    headers.set(name, addresses.toApp(String(value)))
  }
  const url = addresses.toApp(`http://${incoming.headers.host}${incoming.url}`)
  const method = incoming.method ?? 'GET'
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Request(url, {
    method,
    headers,
    signal,
    ...(hasBody && { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' }),
  })
}
