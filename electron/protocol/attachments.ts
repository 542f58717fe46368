import { Readable } from 'node:stream'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import { AppError, Sha256 } from '#contract'
import type { App } from '../../main/app.ts'
import { factsOf, frameAddress, frameLayout } from '../../main/lib/http/attachmentAddress.ts'
import type { FrameAddress } from '../../main/lib/http/attachmentAddress.ts'
import { parseRange } from '../../main/lib/http/byteRange.ts'
import { errorStatus } from '../../main/lib/http/errorStatus.ts'
import { attachmentHeaders } from './headers.ts'
import { WINDOW_ORIGIN } from './scheme.ts'

/** The part of the core's attachment store that travels over the protocol. */
export type AttachmentStore = Pick<App['attachments'], 'store' | 'open'>
/** The part of the core's store of frames that travels over the protocol. */
export type FrameStore = Pick<App['frames'], 'store' | 'storePoster' | 'open'>

/** What the protocol gives and takes. */
export interface Stores {
  readonly attachments: AttachmentStore
  readonly frames: FrameStore
}

/**
 * Answers `GET app://attachment/<sha>[?size=thumb]` with the file or the asked range of it, and `POST
 * app://attachment/?name=...[&facts=...]` with the stored attachment as JSON; `app://attachment/frames/<key>/<n>` takes and
 * gives frames of videos, `app://attachment/frames/<key>/poster` takes what stands for the video in lists. Errors are an `ErrorInfo` as JSON with a 4xx or 5xx status. Only the window's page may ask.
 */
export async function serveAttachment(request: Request, { attachments, frames }: Stores): Promise<Response> {
  const origin = request.headers.get('Origin')
  if (origin !== null && origin !== WINDOW_ORIGIN) return new Response(null, { status: 403 })
  try {
    if (request.method === 'OPTIONS') return preflight()
    const frame = frameAddress(new URL(request.url).pathname.slice(1))
    if (request.method === 'POST')
      return await (frame ? uploadFrame(request, frames, frame) : upload(request, attachments))
    if (request.method === 'GET' || request.method === 'HEAD') {
      return await (frame ? sendFrame(request, frames, frame) : download(request, attachments))
    }
    return new Response(null, { status: 405, headers: attachmentHeaders })
  } catch (error) {
    return failure(error)
  }
}

function preflight(): Response {
  const allowed = {
    'Access-Control-Allow-Methods': 'GET, HEAD, POST',
    'Access-Control-Allow-Headers': 'Content-Type, Range',
  }
  return new Response(null, { status: 204, headers: { ...attachmentHeaders, ...allowed } })
}

async function upload(request: Request, store: AttachmentStore): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url)
  if (pathname !== '/') return new Response(null, { status: 404, headers: attachmentHeaders })
  const stored = await store.store(
    searchParams.get('name') || 'Picture',
    bodyOf(request),
    request.signal,
    factsOf(searchParams),
  )
  return Response.json(stored, { headers: attachmentHeaders })
}

async function uploadFrame(request: Request, store: FrameStore, { key, n }: FrameAddress): Promise<Response> {
  const layout = frameLayout(new URL(request.url).searchParams)
  await (n === 'poster'
    ? store.storePoster(key, layout, bodyOf(request), request.signal)
    : store.store(key, n, layout, bodyOf(request), request.signal))
  return new Response(null, { status: 204, headers: attachmentHeaders })
}

async function sendFrame(request: Request, store: FrameStore, { key, n }: FrameAddress): Promise<Response> {
  if (n === 'poster') throw new AppError('NotFound', 'There is nothing at this address.')
  const file = await store.open(key, n)
  const headers = {
    ...attachmentHeaders,
    'Content-Type': file.mime,
    'Content-Length': String(file.bytes),
    'Cache-Control': 'private, no-cache',
  }
  return new Response(request.method === 'HEAD' ? null : (Readable.toWeb(file.stream()) as ReadableStream), { headers })
}

function bodyOf(request: Request): AsyncIterable<Uint8Array> {
  return request.body ? Readable.fromWeb(request.body as NodeReadableStream<Uint8Array>) : Readable.from([])
}

async function download(request: Request, store: AttachmentStore): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url)
  const sha = Sha256.safeParse(pathname.slice(1))
  if (!sha.success) throw new AppError('NotFound', 'There is nothing at this address.')
  const file = await store.open(sha.data, searchParams.get('size') === 'thumb' ? 'thumb' : undefined)
  const range = parseRange(request.headers.get('Range'), file.bytes)
  if (range === 'unsatisfiable') {
    return new Response(null, {
      status: 416,
      headers: { ...attachmentHeaders, 'Content-Range': `bytes */${file.bytes}` },
    })
  }
  const headers = {
    ...attachmentHeaders,
    'Content-Type': file.mime,
    'Content-Length': String(range ? range.end - range.start + 1 : file.bytes),
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, max-age=31536000, immutable',
    ...(range && { 'Content-Range': `bytes ${range.start}-${range.end}/${file.bytes}` }),
  }
  const body = request.method === 'HEAD' ? null : (Readable.toWeb(file.stream(range ?? undefined)) as ReadableStream)
  return new Response(body, { status: range ? 206 : 200, headers })
}

/** Any thrown value as an `ErrorInfo`; what is no `AppError` is told without its text. */
export function failure(error: unknown): Response {
  const hidden = new AppError(
    'StorageFailed',
    'Something in the app failed. Try again; if it happens again, restart the app.',
  )
  const info = (error instanceof AppError ? error : hidden).toInfo()
  return Response.json(info, { status: errorStatus(info.code), headers: attachmentHeaders })
}
