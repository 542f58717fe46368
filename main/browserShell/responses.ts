import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { toShownError } from '#contract'
import { contentTypes, errorStatus } from '../lib/http/responses.ts'

/** Headers of every answer: the type is what it says, and no other page may use it. */
export const commonHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** Nothing in an answer of this kind is ever run or shown as a page of its own. */
export const inertPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

/** Answers with `value` as JSON; never stored by the browser. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  const body = JSON.stringify(value)
  response.writeHead(status, {
    ...commonHeaders,
    'Content-Security-Policy': inertPolicy,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...headers,
  })
  response.end(body)
}

/** Answers with any thrown value as an `ErrorInfo`; what is no `AppError` is told without its text. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy()
  const info = toShownError(error)
  sendJson(response, errorStatus(info.code), info)
}

/** Answers with a small page of text: a title and one paragraph, both plain text. */
export function sendPage(response: ServerResponse, status: number, title: string, text: string): void {
  const body = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>${escape(title)} - Sightline</title>
<h1>${escape(title)}</h1>
<p>${escape(text)}</p>
</html>
`
  response.writeHead(status, {
    ...commonHeaders,
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  })
  response.end(body)
}

const escape = (text: string) => text.replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`)

/** What the window's page may load: its own files, its own server, pictures it made itself. */
const pagePolicy = (host: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "media-src 'self' blob:",
    "font-src 'self'",
    `connect-src 'self' ws://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

/** Answers with a file of the built window under `folder`; says so plainly when the window is not built. */
export async function serveStaticFile(
  request: IncomingMessage,
  response: ServerResponse,
  folder: string,
  path: string,
): Promise<void> {
  const file = await containedFile(folder, path)
  const type = file && contentTypes[extname(file).toLowerCase()]
  if (!file || !type) {
    if (path === '/')
      return sendPage(
        response,
        503,
        'The window is not built',
        'Run "npm run build" in the project folder, then reload this page.',
      )
    return sendPage(response, 404, 'Not found', 'There is nothing at this address.')
  }
  const small = takesBrotli(request) ? await stat(`${file}.br`).catch(() => null) : null
  const { size } = small ?? (await stat(file))
  response.writeHead(200, {
    ...commonHeaders,
    'Content-Security-Policy': pagePolicy(request.headers.host ?? ''),
    'Content-Type': type,
    'Content-Length': size,
    ...(small && { 'Content-Encoding': 'br' }),
    Vary: 'Accept-Encoding',
    // The build puts a hash of the content into the names of these.
    'Cache-Control': path.startsWith('/assets/') ? 'private, max-age=31536000, immutable' : 'no-cache',
  })
  if (request.method === 'HEAD') return void response.end()
  await pipeline(createReadStream(small ? `${file}.br` : file), response)
}

/** Whether the browser reads what the build has compressed. */
const takesBrotli = ({ headers }: IncomingMessage): boolean =>
  String(headers['accept-encoding'] ?? '')
    .split(',')
    .some((one) => /^\s*br\s*(;\s*q=(1|0?\.0*[1-9]).*)?$/.test(one))

/** The file that an encoded URL path names, or null: also when it leads out of the folder, by dots or by a link. */
async function containedFile(folder: string, path: string): Promise<string | null> {
  try {
    const decoded = decodeURIComponent(path)
    if (/[\0\\:]/.test(decoded)) return null
    const root = await realpath(folder)
    const file = await realpath(join(root, decoded === '/' ? 'index.html' : decoded))
    return file.startsWith(root + sep) && (await stat(file)).isFile() ? file : null
  } catch {
    return null
  }
}
