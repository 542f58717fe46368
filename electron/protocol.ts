import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { Readable } from 'node:stream'
import { toShownError } from '#contract'
import type { CustomScheme, Protocol } from 'electron'
import { answerFile } from '../main/lib/http/attachments.ts'
import { contentTypes, errorStatus } from '../main/lib/http/responses.ts'
import type { RunningCore } from './core/link.ts'

/** The app's own scheme: no file:// and no port that other programs could reach. */
export const SCHEME = 'app'
/** Where the window's page comes from. */
export const WINDOW_HOST = 'sightline'
/** Where pictures come from and go to. */
export const ATTACHMENT_HOST = 'attachment'
/** Where pictures of the screen are while one is being captured. */
export const CAPTURE_HOST = 'capture'
export const WINDOW_ORIGIN = `${SCHEME}://${WINDOW_HOST}`
export const ATTACHMENT_ADDRESS = `${SCHEME}://${ATTACHMENT_HOST}/`
export const CAPTURE_ADDRESS = `${SCHEME}://${CAPTURE_HOST}/`

/** Registered before the app is ready, so that the page is a secure context with an origin of its own. */
export const scheme: CustomScheme = {
  scheme: SCHEME,
  privileges: { standard: true, secure: true, supportFetchAPI: true, corsEnabled: true, stream: true },
}

/** True for addresses of the window's own page. */
export function isWindowAddress(address: string): boolean {
  return URL.canParse(address) && new URL(address).protocol === `${SCHEME}:` && new URL(address).host === WINDOW_HOST
}

/** What the page may load: its own files and the attachments, nothing from a network. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  `img-src 'self' blob: ${ATTACHMENT_ADDRESS}`,
  `media-src 'self' blob: ${ATTACHMENT_ADDRESS}`,
  "font-src 'self'",
  `connect-src 'self' ${ATTACHMENT_ADDRESS} ${CAPTURE_ADDRESS}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-src 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
].join('; ')

/** Headers of every answer: the type is what it says, and no other page may use it. */
const common = { 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' }

/** Headers of the window's own files. */
export const pageHeaders = {
  ...common,
  'Content-Security-Policy': contentSecurityPolicy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** Headers of attachments: readable by the window alone, and nothing in them is ever run. */
export const attachmentHeaders = {
  ...common,
  'Content-Security-Policy': "default-src 'none'; sandbox",
  'Access-Control-Allow-Origin': WINDOW_ORIGIN,
  'Access-Control-Expose-Headers': 'Content-Range, Accept-Ranges, Content-Length',
  Vary: 'Origin',
}

/** Headers of captured pictures: as attachments, and kept nowhere. */
export const captureHeaders = { ...attachmentHeaders, 'Cache-Control': 'no-store' }

/** A file, or the part of it that is named by its first and last byte, as the body of an answer. */
export const fileBody = (path: string, range?: { start: number; end: number }): ReadableStream =>
  Readable.toWeb(createReadStream(path, range)) as ReadableStream

/** An answer without a body worth reading, e.g. 404. */
export const refuse = (status: number): Response => new Response(null, { status, headers: pageHeaders })

/**
 * Answers a request for one of the built page's files under `folder`. A path that leaves the folder, also through a
 * link or an encoded separator, is 404 like one that does not exist.
 */
export async function serveStaticFile(request: Request, folder: string): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405)
  const path = await containedFile(folder, new URL(request.url).pathname)
  const type = path && contentTypes[extname(path)]
  if (!path || !type) return refuse(404)
  const { size } = await stat(path)
  const headers = { ...pageHeaders, 'Content-Type': type, 'Content-Length': String(size) }
  const body = request.method === 'HEAD' ? null : fileBody(path)
  return new Response(body, { headers })
}

async function containedFile(folder: string, pathname: string): Promise<string | null> {
  try {
    const decoded = decodeURIComponent(pathname)
    if (decoded.includes('\0') || decoded.includes('\\')) return null
    const root = await realpath(folder)
    const path = await realpath(join(root, decoded === '/' ? 'index.html' : decoded))
    return path.startsWith(root + sep) && (await stat(path)).isFile() ? path : null
  } catch {
    return null
  }
}

/** Where the core says which files there are; main reads them itself. */
export type Stores = Pick<RunningCore, 'attachments' | 'frames'>

/**
 * Answers `GET app://attachment/<sha>[?size=thumb]` with the file or the asked range of it, and
 * `app://attachment/frames/<key>/<n>` with a frame of a video. Errors are an `ErrorInfo` as JSON with a 4xx or 5xx status.
 * Only the window's page may ask. Nothing is stored this way: Electron reads the body of such a request whole into the
 * main process.
 */
export async function serveAttachment(request: Request, stores: Stores): Promise<Response> {
  const origin = request.headers.get('Origin')
  if (origin !== null && origin !== WINDOW_ORIGIN) return new Response(null, { status: 403 })
  try {
    if (request.method === 'OPTIONS') return preflight()
    const { pathname, searchParams } = new URL(request.url)
    const header = (name: string) => request.headers.get(name)
    const asked = { method: request.method, path: pathname.slice(1), query: searchParams, header }
    const { status, headers, body } = await answerFile(asked, stores)
    return new Response(body && fileBody(body.path, body.range), {
      status,
      headers: { ...attachmentHeaders, ...headers },
    })
  } catch (error) {
    return failure(error)
  }
}

function preflight(): Response {
  const allowed = { 'Access-Control-Allow-Methods': 'GET, HEAD', 'Access-Control-Allow-Headers': 'Range' }
  return new Response(null, { status: 204, headers: { ...attachmentHeaders, ...allowed } })
}

/** Any thrown value as an `ErrorInfo`; what is no `AppError` is told without its text. */
export function failure(error: unknown): Response {
  const info = toShownError(error)
  return Response.json(info, { status: errorStatus(info.code), headers: attachmentHeaders })
}

/**
 * Answers `GET app://capture/<capture>/<screen>` with the PNG of a screen and `GET app://capture/<capture>/chosen` with
 * the chosen part. Errors are an `ErrorInfo` as JSON. Only the app's own page may ask, and says so: a request without an
 * Origin is refused.
 */
export async function serveCapture(request: Request, captures: RunningCore['captures']): Promise<Response> {
  if (request.headers.get('Origin') !== WINDOW_ORIGIN) return new Response(null, { status: 403 })
  try {
    if (request.method !== 'GET') return new Response(null, { status: 405, headers: captureHeaders })
    const png = await captures.open(decodeURIComponent(new URL(request.url).pathname.slice(1)))
    if (!png) return new Response(null, { status: 404, headers: captureHeaders })
    return new Response(png as Uint8Array<ArrayBuffer>, {
      headers: { ...captureHeaders, 'Content-Type': 'image/png', 'Content-Length': String(png.length) },
    })
  } catch (error) {
    return failure(error)
  }
}

/** What is behind the hosts of the app's scheme. `page` is the folder of the built window. */
export interface ProtocolContents extends Pick<RunningCore, 'attachments' | 'frames' | 'captures'> {
  readonly page: string
}

/** Answers every request to the app's scheme; other hosts than the known ones are 404. */
export function handleProtocol(
  protocol: Pick<Protocol, 'handle'>,
  { page, attachments, frames, captures }: ProtocolContents,
): void {
  protocol.handle(SCHEME, (request) => {
    const { host } = new URL(request.url)
    if (host === WINDOW_HOST) return serveStaticFile(request, page)
    if (host === ATTACHMENT_HOST) return serveAttachment(request, { attachments, frames })
    if (host === CAPTURE_HOST) return serveCapture(request, captures)
    return refuse(404)
  })
}
