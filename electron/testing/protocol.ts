import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import { app } from './app.ts'
import type { Surface } from './surface.ts'

/**
 * How addresses of the app's own schemes are known to the driven Chromium, which cannot register schemes: the host of
 * `app://host/` becomes a host under `.localhost` on the stand-in's own server. Such hosts are secure contexts, resolve
 * to this computer, and are different origins, as the hosts of a standard scheme are.
 */
export class SchemeAddresses {
  private readonly real: RegExp
  private readonly shown: RegExp

  private readonly scheme: string
  private readonly port: number

  constructor(scheme: string, port: number) {
    this.scheme = scheme
    this.port = port
    this.real = new RegExp(`${scheme}://([a-z0-9-]+)`, 'g')
    this.shown = new RegExp(`http://([a-z0-9-]+)\\.localhost:${port}`, 'g')
  }

  /** Every address of the scheme in `text`, as Chromium knows it. */
  toPage(text: string): string {
    return text.replace(this.real, `http://$1.localhost:${this.port}`)
  }

  /** Every address of the stand-in's server in `text`, as the app knows it. */
  toApp(text: string): string {
    return text.replace(this.shown, `${this.scheme}://$1`)
  }
}

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

let registered: string | null = null
let handler: SchemeHandler | undefined
let served: SchemeAddresses | null = null

/** The app's one scheme: registered before the app is ready, handled after. */
export const protocol: Surface['protocol'] = {
  registerSchemesAsPrivileged(schemes) {
    if (app.isReady) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready')
    const [scheme] = schemes
    if (!scheme?.privileges?.standard || !scheme.privileges.secure)
      throw new Error('The stand-in only serves standard, secure schemes.')
    registered = scheme.scheme
  },
  handle(scheme, handle) {
    if (scheme !== registered) throw new Error(`The scheme "${scheme}" is not registered.`)
    handler = handle as SchemeHandler
  },
}

/** Starts to carry the registered scheme. */
export async function startProtocol(): Promise<void> {
  if (registered) served = await serveScheme(registered, () => handler)
}

/** How addresses of the scheme are called in the page. Throws before the app is ready. */
export function schemeAddresses(): SchemeAddresses {
  if (!served) throw new Error('No scheme is served yet.')
  return served
}
