import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { AppError } from '#contract'
import { webSocketChannel } from '../rpc/channel.ts'
import { createAccess } from './access.ts'
import type { Access, Refusal } from './access.ts'
import { commonHeaders, sendError, sendPage } from './answers.ts'
import { ATTACHMENTS, serveAttachment } from './attachmentRoutes.ts'
import type { ShellApp } from './shellApp.ts'
import { serveStaticFile } from './staticFiles.ts'

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
