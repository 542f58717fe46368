import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseRange } from '../lib/http/responses.ts'

/** What goes wrong with one answer of a file. Counts of bytes are of the body. */
export type Fault =
  /** Nothing. */
  | { readonly kind: 'none' }
  /** Sends so many bytes, then nothing, and keeps the connection. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** Sends so many bytes, then cuts the connection. */
  | { readonly kind: 'drop'; readonly afterBytes: number }
  /** Sends so many bytes and ends properly, without having said how many come. */
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  /** Answers with a status alone; `retryAfter` is the header as it is sent. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  /** From now on the file has this content, another ETag and another date. */
  | { readonly kind: 'change'; readonly content: Uint8Array }
  /** One bit of the byte at `at` (modulo the length of the body) is another. */
  | { readonly kind: 'flip'; readonly at: number }
  /** 200 and the whole file, whatever was asked. */
  | { readonly kind: 'whole' }
  /** Says and sends a range that begins so many bytes later than asked. */
  | { readonly kind: 'wrongRange'; readonly shift: number }
  /** Redirects to an address that redirects to itself. */
  | { readonly kind: 'redirectLoop' }
  /** Sends `chunkBytes` every `everyMs`. */
  | { readonly kind: 'drip'; readonly chunkBytes: number; readonly everyMs: number }

/** Sends `body` as `fault` has it; the head has been written. */
function sendFaulty(response: ServerResponse, body: Buffer, fault: Fault): void {
  if (fault.kind === 'stall') response.write(body.subarray(0, fault.afterBytes))
  else if (fault.kind === 'drop') response.write(body.subarray(0, fault.afterBytes), () => response.socket?.destroy())
  else if (fault.kind === 'truncate') response.end(body.subarray(0, fault.afterBytes))
  else if (fault.kind === 'flip') response.end(flipped(body, fault.at))
  else if (fault.kind === 'drip') drip(response, body, fault)
  else response.end(body)
}

function flipped(body: Buffer, at: number): Buffer {
  const copy = Buffer.from(body)
  if (copy.length > 0) copy[at % copy.length] = (copy[at % copy.length] as number) ^ 1
  return copy
}

function drip(
  response: ServerResponse,
  body: Buffer,
  { chunkBytes, everyMs }: { chunkBytes: number; everyMs: number },
): void {
  let sent = 0
  const timer = setInterval(() => {
    if (sent >= body.length) {
      clearInterval(timer)
      response.end()
      return
    }
    response.write(body.subarray(sent, sent + chunkBytes))
    sent += chunkBytes
  }, everyMs)
  response.on('close', () => clearInterval(timer))
}

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
  const isPart = ranges && fault.kind !== 'whole' && (ifRange === undefined || ifRange === etag)
  const range = isPart ? parseRange(request.headers.range, body.length) : null
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
