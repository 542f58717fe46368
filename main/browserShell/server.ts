import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { AppError } from '#contract'
import { WebSocketServer } from 'ws'
import { webSocketChannel } from '../rpc/channel.ts'
import { ATTACHMENTS, serveAttachment } from './attachmentRoutes.ts'
import type { ShellApp } from './attachmentRoutes.ts'
import { commonHeaders, sendError, sendPage, serveStaticFile } from './responses.ts'

/** Largest message of a window, in bytes; pictures do not travel this way. */
const MAX_MESSAGE = 32 * 1024 * 1024
const RPC = '/rpc'
/** How long an upload may stand still before it is given up, in ms. */
const SILENCE_MS = 60_000

/** The server of the browser shell; everything but `close` is about windows that come to it. */
export interface BrowserServer {
  readonly port: number
  /** The address to open, with the token that lets a browser in as long as the server runs. */
  readonly url: string
  /** An address that lets one browser in, once. */
  visitUrl(): string
  /** Settles when no window is connected; at once when none is. */
  whenEmpty(): Promise<void>
  /** Ends every connection and the server; the app goes on. */
  close(): Promise<void>
}

/**
 * Serves the built window in `uiFolder` and the app behind it on 127.0.0.1 at `port` (0: a free one). Throws Busy when
 * another program has the port.
 */
export async function serveBrowser({
  app,
  uiFolder,
  port,
  silenceMs = SILENCE_MS,
}: {
  app: ShellApp
  uiFolder: string
  port: number
  silenceMs?: number
}): Promise<BrowserServer> {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE, perMessageDeflate: false })
  const waiting: (() => void)[] = []
  // A large upload to a slow disk takes longer than any limit on the whole request; what stands still is ended instead.
  const server = createServer({ requestTimeout: 0 })
  const ownPort = await listen(server, port)
  const access = createAccess(ownPort)

  server.on('request', (request, response) => {
    answer(request, response, { access, app, uiFolder, silenceMs }).catch((error: unknown) =>
      sendError(response, error),
    )
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Until the handshake is done nobody else listens, and an error without a listener ends the process.
    socket.on('error', () => socket.destroy())
    const { path } = target(request)
    const refused =
      access.checkSender(request) ??
      (access.hasOwnOrigin(request) ? null : 'origin') ??
      (access.hasSession(request) ? null : 'session')
    if (refused || path !== RPC) {
      const status = refused === 'session' ? '401 Unauthorized' : refused ? '403 Forbidden' : '404 Not Found'
      return void socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      app.serve(webSocketChannel(webSocket))
      webSocket.once('close', () => {
        if (sockets.clients.size === 0) for (const settle of waiting.splice(0)) settle()
      })
    })
  })

  const origin = `http://127.0.0.1:${ownPort}`
  return {
    port: ownPort,
    url: `${origin}/?token=${access.token}`,
    visitUrl: () => `${origin}/?token=${access.visitToken()}`,
    whenEmpty: () => new Promise((resolve) => (sockets.clients.size === 0 ? resolve() : waiting.push(resolve))),
    async close() {
      for (const client of sockets.clients) client.terminate()
      sockets.close()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { access, app, uiFolder, silenceMs }: { access: Access; app: ShellApp; uiFolder: string; silenceMs: number },
): Promise<void> {
  const { path, query } = target(request)
  const refused = access.checkSender(request)
  if (refused) return refuse(response, refused)
  const token = query.get('token')
  if (path === '/' && token !== null && request.method === 'GET') {
    if (!access.admit(token)) return refuse(response, 'session')
    // The address without the token is what stays in the window and its history.
    return void response
      .writeHead(303, { ...commonHeaders, Location: '/', 'Set-Cookie': access.cookie, 'Cache-Control': 'no-store' })
      .end()
  }
  if (!access.hasSession(request)) {
    if (!path.startsWith(ATTACHMENTS)) return refuse(response, 'session')
    throw new AppError(
      'Unauthorized',
      'This window is not connected to Sightline any more. Open the address that Sightline printed when it started.',
    )
  }
  if (path.startsWith(ATTACHMENTS)) return serveAttachment(request, response, { ...app, silenceMs }, path, query)
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return void response.writeHead(405, { ...commonHeaders, Allow: 'GET, HEAD' }).end()
  return serveStaticFile(request, response, uiFolder, path)
}

/** Path as it was sent, still encoded, and query of a request. */
function target({ url = '/' }: IncomingMessage): { path: string; query: URLSearchParams } {
  const mark = url.indexOf('?')
  return mark < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) }
}

function refuse(response: ServerResponse, refusal: Refusal): void {
  if (refusal === 'session') {
    return sendPage(
      response,
      401,
      'Open Sightline from its address',
      'This window does not hold the key of the running app. Open the address that Sightline printed when it started.',
    )
  }
  sendPage(response, 403, 'Refused', 'Sightline answers only its own window on this computer.')
}

/** Listens on loopback only; returns the port. */
function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE')
        reject(
          new AppError(
            'Busy',
            `Port ${port} is in use by another program. Choose another with --port, or leave it out.`,
            { port },
          ),
        )
      else if (error.code === 'EACCES')
        reject(
          new AppError(
            'InvalidInput',
            `Port ${port} may not be used by this account. Choose one above 1023 with --port.`,
            { port },
          ),
        )
      else reject(error)
    })
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve((server.address() as AddressInfo).port))
  })
}

/** Why a request is refused before anything of it is looked at further. */
type Refusal = 'host' | 'origin' | 'session'

/** Who may talk to this server: pages of its own origin, in a browser that once came with a token. */
interface Access {
  /** The token in the address that is printed; good as long as the server runs. */
  readonly token: string
  /** A token that is good for one visit: command lines can be seen by others on this computer. */
  visitToken(): string
  /** Whether `token` is a good one; a visit token is used up. */
  admit(token: string): boolean
  /** The Set-Cookie header of an admitted browser. */
  readonly cookie: string
  /** Whether the request may come in at all: its Host is this server, and no other page sent it. */
  checkSender(request: IncomingMessage): Refusal | null
  /** Whether the request carries the session cookie. */
  hasSession(request: IncomingMessage): boolean
  /** Whether the Origin header is present and this server's own: what a WebSocket or a change needs. */
  hasOwnOrigin(request: IncomingMessage): boolean
}

/** Access to the server on loopback port `port`, with secrets that last as long as the process. */
function createAccess(port: number): Access {
  const token = secret()
  const session = secret()
  const visits = new Set<string>()
  // Browsers share cookies between ports of a host, so the name tells two running apps apart.
  const cookieName = `sightline_${port}`
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`]

  const hasOwnOrigin = ({ headers }: IncomingMessage) => headers.origin === `http://${headers.host}`
  return {
    token,
    visitToken() {
      const visit = secret()
      visits.add(visit)
      return visit
    },
    admit(candidate) {
      for (const visit of visits) if (equal(candidate, visit)) return visits.delete(visit)
      return equal(candidate, token)
    },
    cookie: `${cookieName}=${session}; Path=/; HttpOnly; SameSite=Strict`,
    checkSender(request) {
      const { headers, method } = request
      if (!hosts.includes(headers.host ?? '')) return 'host'
      const reading = method === 'GET' || method === 'HEAD'
      if (!reading || headers.origin !== undefined) return hasOwnOrigin(request) ? null : 'origin'
      // Another page may link to this one, but not load parts of it.
      const site = headers['sec-fetch-site']
      const foreign = site !== undefined && site !== 'same-origin' && site !== 'none'
      return foreign && headers['sec-fetch-mode'] !== 'navigate' ? 'origin' : null
    },
    hasSession({ headers }) {
      const cookies = (headers.cookie ?? '').split(';').map((cookie) => cookie.trim())
      return cookies.some(
        (cookie) => cookie.startsWith(`${cookieName}=`) && equal(cookie.slice(cookieName.length + 1), session),
      )
    },
    hasOwnOrigin,
  }
}

const secret = () => randomBytes(32).toString('base64url')

/** Compares in a time that tells nothing about where the difference is, nor about the length. */
function equal(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
