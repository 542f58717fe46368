import { createReadStream } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { answerFile, frameAddress, importAddress } from '../lib/http/attachments.ts'
import type { FileStores, PostedFile } from '../lib/http/attachments.ts'
import { unlessSilent } from '../lib/http/body.ts'
import type { Channel } from '../rpc/channel.ts'
import { commonHeaders, inertPolicy, sendJson } from './responses.ts'

/** The part of the core that is reached over HTTP. */
export interface ShellApp extends FileStores {
  /** Answers one window until its channel closes or the returned function is called. */
  serve(channel: Channel): () => void
  /** Takes the bytes that a window posts to an address below `attachments`. */
  receive(address: string, body: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<PostedFile>
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
 * gives frames of videos, `/attachments/frames/<key>/poster` takes what stands for the video in lists, `/attachments/imports/<UUID>` files to
 * be imported. Throws what the stores throw.
 */
export async function serveAttachment(
  request: IncomingMessage,
  response: ServerResponse,
  stores: Stores,
  path: string,
  query: URLSearchParams,
): Promise<void> {
  const { method, headers } = request
  const name = path.slice(ATTACHMENTS.length)
  const takes = frameAddress(name) !== null || name === '' || importAddress(name) !== null
  if (method === 'POST' && takes) return take(request, response, `${path}?${query}`, stores)
  const header = (asked: string) => headers[asked]?.toString()
  const answer = await answerFile({ method, path: name, query, header }, stores)
  const { status, body } = answer
  const allowed = status === 405 && takes && { Allow: frameAddress(name) ? 'GET, HEAD, POST' : 'POST' }
  response.writeHead(status, {
    ...commonHeaders,
    'Content-Security-Policy': inertPolicy,
    ...answer.headers,
    ...allowed,
  })
  if (!body) return void response.end()
  await pipeline(createReadStream(body.path, body.range), response)
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
