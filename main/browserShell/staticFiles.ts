import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { contentTypes } from '../lib/http/contentTypes.ts'
import { commonHeaders, sendPage } from './answers.ts'

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
  const { size } = await stat(file)
  response.writeHead(200, {
    ...commonHeaders,
    'Content-Security-Policy': pagePolicy(request.headers.host ?? ''),
    'Content-Type': type,
    'Content-Length': size,
    // The build puts a hash of the content into the names of these.
    'Cache-Control': path.startsWith('/assets/') ? 'private, max-age=31536000, immutable' : 'no-cache',
  })
  if (request.method === 'HEAD') return void response.end()
  await pipeline(createReadStream(file), response)
}

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
