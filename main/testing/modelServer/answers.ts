import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseRange } from '../../lib/http/byteRange.ts'
import { sendFaulty } from './faults.ts'
import type { Fault } from './faults.ts'

/** How a file is served. */
export interface ServedFile {
  readonly content: Uint8Array
  /** What listings say its digest is; as it is by default. */
  readonly sha256?: string
  /** What listings say its size is; as it is by default. */
  readonly bytes?: number
  /** Whether ranges are answered; true by default. */
  readonly ranges?: boolean
  /** Kind of its ETag; strong by default. */
  readonly etag?: 'strong' | 'weak' | 'none'
  /** Whether Last-Modified is sent; true by default. */
  readonly lastModified?: boolean
}

/** Files of one address. */
export interface ServedRepository {
  /** "owner/name" */
  readonly repository: string
  readonly revision?: string
  readonly files: Readonly<Record<string, ServedFile | Uint8Array>>
  /** Bearer token without which listings and files are refused with 401. */
  readonly token?: string
  /** What the source says that it is called now. */
  readonly nowCalled?: string
  /** Address of another server that files are redirected to; this one by default. */
  readonly cdn?: string
}

/** A file as it is served at the moment, and what goes wrong with its next answers. */
export interface State {
  file: ServedFile
  version: number
  faults: Fault[]
}

export interface Repository {
  readonly served: ServedRepository
  readonly revision: string
  readonly states: Map<string, State>
}

/** Hexadecimal. */
export const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')

/** From the pinned address to the CDN, as Hugging Face does it. */
export function redirect(response: ServerResponse, { served, revision, states }: Repository, path: string): void {
  const state = states.get(path)
  if (!state) return sendJson(response, 404, { error: 'Entry not found' })
  const { content } = state.file
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  response.writeHead(302, {
    Location: `${served.cdn ?? ''}/cdn/${served.repository}/${encoded}?signature=${state.version}`,
    'X-Repo-Commit': revision,
    'X-Linked-Etag': `"${state.file.sha256 ?? sha256(content)}"`,
    'X-Linked-Size': content.length,
    'Content-Length': 0,
  })
  response.end()
}

/** A file or the range that is asked for, with the next of its faults. */
export function sendFile(request: IncomingMessage, response: ServerResponse, state: State | undefined): void {
  if (!state) return sendJson(response, 404, { error: 'Entry not found' })
  const fault = state.faults.shift() ?? { kind: 'none' }
  if (fault.kind === 'redirectLoop') {
    response.writeHead(302, { Location: '/loop', 'Content-Length': 0 }).end()
    return
  }
  if (fault.kind === 'status') {
    response
      .writeHead(fault.status, {
        'Content-Length': 0,
        ...(fault.retryAfter === undefined ? {} : { 'Retry-After': fault.retryAfter }),
      })
      .end()
    return
  }
  if (fault.kind === 'change') {
    state.file = { ...state.file, content: fault.content }
    state.version++
  }
  const { content, ranges = true } = state.file
  const body = Buffer.from(content)
  const etag = etagOf(state)
  const ifRange = request.headers['if-range']
  const isAsked = ranges && fault.kind !== 'whole' && (ifRange === undefined || ifRange === etag)
  const range = isAsked ? parseRange(request.headers.range, body.length) : null
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${body.length}`, 'Content-Length': 0 }).end()
    return
  }
  const shift = fault.kind === 'wrongRange' && range ? Math.min(fault.shift, range.end - range.start) : 0
  const part = range ? body.subarray(range.start + shift, range.end + 1) : body
  response.writeHead(range ? 206 : 200, {
    'Content-Type': 'application/octet-stream',
    ...(fault.kind === 'truncate' ? {} : { 'Content-Length': part.length }),
    ...(ranges ? { 'Accept-Ranges': 'bytes' } : {}),
    ...(range ? { 'Content-Range': `bytes ${range.start + shift}-${range.end}/${body.length}` } : {}),
    ...(etag === null ? {} : { ETag: etag }),
    ...(state.file.lastModified === false
      ? {}
      : { 'Last-Modified': new Date(state.version * 86_400_000).toUTCString() }),
  })
  response.flushHeaders()
  if (request.method === 'HEAD') response.end()
  else sendFaulty(response, part, fault)
}

function etagOf({ file, version }: State): string | null {
  if (file.etag === 'none') return null
  return `${file.etag === 'weak' ? 'W/' : ''}"version-${version}"`
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value)
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
    .end(body)
}
