import { AppError, Sha256, toShownError } from '#contract'
import type { RunningCore } from '../core/link.ts'
import { frameAddress } from '../../main/lib/http/attachmentAddress.ts'
import { parseRange } from '../../main/lib/http/byteRange.ts'
import { errorStatus } from '../../main/lib/http/errorStatus.ts'
import { fileBody } from './files.ts'
import { attachmentHeaders } from './headers.ts'
import { WINDOW_ORIGIN } from './scheme.ts'

/** Where the core says which files there are; main reads them itself. */
export type Stores = Pick<RunningCore, 'attachments' | 'frames'>

/**
 * Answers `GET app://attachment/<sha>[?size=thumb]` with the file or the asked range of it, and
 * `app://attachment/frames/<key>/<n>` with a frame of a video. Errors are an `ErrorInfo` as JSON with a 4xx or 5xx status.
 * Only the window's page may ask. Nothing is stored this way: Electron reads the body of such a request whole into the
 * main process.
 */
export async function serveAttachment(request: Request, { attachments, frames }: Stores): Promise<Response> {
  const origin = request.headers.get('Origin')
  if (origin !== null && origin !== WINDOW_ORIGIN) return new Response(null, { status: 403 })
  try {
    if (request.method === 'OPTIONS') return preflight()
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return new Response(null, { status: 405, headers: attachmentHeaders })
    }
    const frame = frameAddress(new URL(request.url).pathname.slice(1))
    if (!frame) return await sendFile(request, attachments)
    if (frame.n === 'poster') throw new AppError('NotFound', 'There is nothing at this address.')
    const { mime, bytes, path } = await frames.open(frame.key, frame.n)
    const headers = {
      ...attachmentHeaders,
      'Content-Type': mime,
      'Content-Length': String(bytes),
      'Cache-Control': 'private, no-cache',
    }
    return new Response(request.method === 'HEAD' ? null : fileBody(path), { headers })
  } catch (error) {
    return failure(error)
  }
}

function preflight(): Response {
  const allowed = { 'Access-Control-Allow-Methods': 'GET, HEAD', 'Access-Control-Allow-Headers': 'Range' }
  return new Response(null, { status: 204, headers: { ...attachmentHeaders, ...allowed } })
}

async function sendFile(request: Request, store: Stores['attachments']): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url)
  const sha = Sha256.safeParse(pathname.slice(1))
  if (!sha.success) throw new AppError('NotFound', 'There is nothing at this address.')
  const { mime, bytes, path } = await store.open(sha.data, searchParams.get('size') === 'thumb' ? 'thumb' : undefined)
  const range = parseRange(request.headers.get('Range'), bytes)
  if (range === 'unsatisfiable') {
    return new Response(null, { status: 416, headers: { ...attachmentHeaders, 'Content-Range': `bytes */${bytes}` } })
  }
  const headers = {
    ...attachmentHeaders,
    'Content-Type': mime,
    'Content-Length': String(range ? range.end - range.start + 1 : bytes),
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, max-age=31536000, immutable',
    ...(range && { 'Content-Range': `bytes ${range.start}-${range.end}/${bytes}` }),
  }
  const body = request.method === 'HEAD' ? null : fileBody(path, range ?? undefined)
  return new Response(body, { status: range ? 206 : 200, headers })
}

/** Any thrown value as an `ErrorInfo`; what is no `AppError` is told without its text. */
export function failure(error: unknown): Response {
  const info = toShownError(error)
  return Response.json(info, { status: errorStatus(info.code), headers: attachmentHeaders })
}
