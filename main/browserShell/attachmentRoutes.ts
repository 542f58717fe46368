import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { AppError, Sha256 } from '#contract'
import { commonHeaders, inertPolicy, sendJson } from './answers.ts'
import { parseRange } from '../lib/http/byteRange.ts'
import type { ShellApp } from './shellApp.ts'

type Store = ShellApp['attachments']

/** Where attachments are, as the window sees it. */
export const ATTACHMENTS = '/attachments/'

/**
 * Answers `POST /attachments/?name=...` (the body is the file) with the stored attachment, and
 * `GET /attachments/<sha>[?size=thumb]` with the file or the asked range of it. Throws what the store throws.
 */
export async function serveAttachment(request: IncomingMessage, response: ServerResponse, store: Store, path: string, query: URLSearchParams): Promise<void> {
  const { method } = request
  if (method === 'POST' && path === ATTACHMENTS) return upload(request, response, store, query.get('name') || 'Picture')
  if (method === 'GET' || method === 'HEAD') return download(request, response, store, path.slice(ATTACHMENTS.length), query)
  response.writeHead(405, { ...commonHeaders, Allow: path === ATTACHMENTS ? 'POST' : 'GET, HEAD' }).end()
}

async function upload(request: IncomingMessage, response: ServerResponse, store: Store, name: string): Promise<void> {
  const left = new AbortController()
  response.once('close', () => left.abort())
  // The body outlives a refusal: destroying it would cut the line before the browser has read why.
  const body: AsyncIterable<Uint8Array> = request.iterator({ destroyOnReturn: false })
  sendJson(response, 200, await store.store(name, body, left.signal))
}

async function download(request: IncomingMessage, response: ServerResponse, store: Store, name: string, query: URLSearchParams): Promise<void> {
  const sha = Sha256.safeParse(name)
  if (!sha.success) throw new AppError('NotFound', 'There is no picture at this address.')
  const size = query.get('size') === 'thumb' ? 'thumb' : undefined
  const file = await store.open(sha.data, size)
  const tag = `"${sha.data}${size ? '-thumb' : ''}"`
  const headers = {
    ...commonHeaders,
    'Content-Security-Policy': inertPolicy,
    'Content-Type': file.mime,
    'Accept-Ranges': 'bytes',
    ETag: tag,
    'Cache-Control': 'private, max-age=31536000, immutable',
  }
  if (request.headers['if-none-match'] === tag) return void response.writeHead(304, headers).end()
  const ifRange = request.headers['if-range']
  const range = ifRange === undefined || ifRange === tag ? parseRange(request.headers.range, file.bytes) : null
  if (range === 'unsatisfiable') return void response.writeHead(416, { ...headers, 'Content-Range': `bytes */${file.bytes}` }).end()
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'Content-Length': range ? range.end - range.start + 1 : file.bytes,
    ...(range && { 'Content-Range': `bytes ${range.start}-${range.end}/${file.bytes}` }),
  })
  if (request.method === 'HEAD') return void response.end()
  await pipeline(file.stream(range ?? undefined), response)
}
