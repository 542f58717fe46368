import { createReadStream } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { AppError, Sha256 } from '#contract'
import { frameAddress } from '../lib/http/attachments.ts'
import type { FrameAddress, PostedFile } from '../lib/http/attachments.ts'
import { unlessSilent } from '../lib/http/body.ts'
import { parseRange } from '../lib/http/responses.ts'
import type { Channel } from '../rpc/channel.ts'
import { commonHeaders, inertPolicy, sendJson } from './responses.ts'

/** A stored file; `bytes` is the size of the whole file. */
export interface ServedFile {
  readonly mime: string
  readonly bytes: number
  readonly path: string
}

/** The part of the core that is reached over HTTP. */
export interface ShellApp {
  /** Answers one window until its channel closes or the returned function is called. */
  serve(channel: Channel): () => void
  /** Takes the bytes that a window posts to an address below `attachments`. */
  receive(address: string, body: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<PostedFile>
  readonly attachments: { open(sha: string, size?: 'thumb'): Promise<ServedFile> }
  readonly frames: { open(key: string, n: number): Promise<ServedFile> }
  close(): Promise<void>
}

interface Stores extends Pick<ShellApp, 'attachments' | 'frames' | 'receive'> {
  /** How long a sender may say nothing in the middle of a body, in ms. */
  readonly silenceMs: number
}

/** Where attachments are, as the window sees it. */
export const ATTACHMENTS = '/attachments/'

/**
 * Answers `POST /attachments/?name=...[&facts=...]` (the body is the file) with the stored attachment, and
 * `GET /attachments/<sha>[?size=thumb]` with the file or the asked range of it. `/attachments/frames/<key>/<n>` takes and
 * gives frames of videos, `/attachments/frames/<key>/poster` takes what stands for the video in lists. Throws what the stores throw.
 */
export async function serveAttachment(
  request: IncomingMessage,
  response: ServerResponse,
  stores: Stores,
  path: string,
  query: URLSearchParams,
): Promise<void> {
  const { method } = request
  const name = path.slice(ATTACHMENTS.length)
  const frame = frameAddress(name)
  if (method === 'POST' && (frame || name === '')) return take(request, response, `${path}?${query}`, stores)
  if (method === 'GET' || method === 'HEAD') {
    return frame
      ? sendFrame(request, response, stores.frames, frame)
      : download(request, response, { store: stores.attachments, name, query })
  }
  response
    .writeHead(405, { ...commonHeaders, Allow: name === '' ? 'POST' : frame ? 'GET, HEAD, POST' : 'GET, HEAD' })
    .end()
}

/** The body of a request, and a signal that aborts when its sender leaves or sends nothing for `silenceMs`. */
function bodyOf(
  request: IncomingMessage,
  response: ServerResponse,
  silenceMs: number,
): { body: AsyncIterable<Uint8Array>; signal: AbortSignal } {
  const left = new AbortController()
  response.once('close', () => left.abort())
  const giveUp = () => {
    response.once('finish', () => request.socket.destroySoon())
    left.abort()
  }
  // The body outlives a refusal: destroying it would cut the line before the browser has read why.
  return { body: unlessSilent(request.iterator({ destroyOnReturn: false }), silenceMs, giveUp), signal: left.signal }
}

/** Gives the body to the core, and answers what it stored. */
async function take(
  request: IncomingMessage,
  response: ServerResponse,
  address: string,
  { receive, silenceMs }: Pick<Stores, 'receive' | 'silenceMs'>,
): Promise<void> {
  const { body, signal } = bodyOf(request, response, silenceMs)
  const stored = await receive(address, body, signal)
  if (stored) sendJson(response, 200, stored)
  else response.writeHead(204, commonHeaders).end()
}

async function sendFrame(
  request: IncomingMessage,
  response: ServerResponse,
  store: Stores['frames'],
  { key, n }: FrameAddress,
): Promise<void> {
  if (n === 'poster') throw new AppError('NotFound', 'There is nothing at this address.')
  const file = await store.open(key, n)
  response.writeHead(200, {
    ...commonHeaders,
    'Content-Security-Policy': inertPolicy,
    'Content-Type': file.mime,
    'Content-Length': file.bytes,
    'Cache-Control': 'private, no-cache',
  })
  if (request.method === 'HEAD') return void response.end()
  await pipeline(createReadStream(file.path), response)
}

async function download(
  request: IncomingMessage,
  response: ServerResponse,
  { store, name, query }: { store: Stores['attachments']; name: string; query: URLSearchParams },
): Promise<void> {
  const sha = Sha256.safeParse(name)
  if (!sha.success) throw new AppError('NotFound', 'There is nothing at this address.')
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
  if (range === 'unsatisfiable')
    return void response.writeHead(416, { ...headers, 'Content-Range': `bytes */${file.bytes}` }).end()
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'Content-Length': range ? range.end - range.start + 1 : file.bytes,
    ...(range && { 'Content-Range': `bytes ${range.start}-${range.end}/${file.bytes}` }),
  })
  if (request.method === 'HEAD') return void response.end()
  await pipeline(createReadStream(file.path, range ?? undefined), response)
}
