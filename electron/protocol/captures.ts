import { Readable } from 'node:stream'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import type { App } from '../../main/app.ts'
import { failure } from './attachments.ts'
import { captureHeaders } from './headers.ts'
import { WINDOW_ORIGIN } from './scheme.ts'

/**
 * Answers `GET app://capture/<capture>/<screen>` with the PNG of a screen, and `POST app://capture/<capture>/chosen` with
 * 204 once the chosen part is kept in memory. Errors are an `ErrorInfo` as JSON. Only the app's own page may ask, and says
 * so: a request without an Origin is refused.
 */
export async function serveCapture(request: Request, captures: App['captures']): Promise<Response> {
  if (request.headers.get('Origin') !== WINDOW_ORIGIN) return new Response(null, { status: 403 })
  try {
    const path = decodeURIComponent(new URL(request.url).pathname.slice(1))
    if (request.method === 'POST') {
      await captures.store(
        path,
        request.body ? Readable.fromWeb(request.body as NodeReadableStream<Uint8Array>) : Readable.from([]),
      )
      return new Response(null, { status: 204, headers: captureHeaders })
    }
    if (request.method !== 'GET') return new Response(null, { status: 405, headers: captureHeaders })
    const png = await captures.open(path)
    if (!png) return new Response(null, { status: 404, headers: captureHeaders })
    return new Response(png as Uint8Array<ArrayBuffer>, {
      headers: { ...captureHeaders, 'Content-Type': 'image/png', 'Content-Length': String(png.length) },
    })
  } catch (error) {
    return failure(error)
  }
}
