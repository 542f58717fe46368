import type { RunningCore } from '../core/link.ts'
import { failure } from './attachments.ts'
import { captureHeaders } from './headers.ts'
import { WINDOW_ORIGIN } from './scheme.ts'

/**
 * Answers `GET app://capture/<capture>/<screen>` with the PNG of a screen and `GET app://capture/<capture>/chosen` with
 * the chosen part. Errors are an `ErrorInfo` as JSON. Only the app's own page may ask, and says so: a request without an
 * Origin is refused.
 */
export async function serveCapture(request: Request, captures: RunningCore['captures']): Promise<Response> {
  if (request.headers.get('Origin') !== WINDOW_ORIGIN) return new Response(null, { status: 403 })
  try {
    if (request.method !== 'GET') return new Response(null, { status: 405, headers: captureHeaders })
    const png = await captures.open(decodeURIComponent(new URL(request.url).pathname.slice(1)))
    if (!png) return new Response(null, { status: 404, headers: captureHeaders })
    return new Response(png as Uint8Array<ArrayBuffer>, {
      headers: { ...captureHeaders, 'Content-Type': 'image/png', 'Content-Length': String(png.length) },
    })
  } catch (error) {
    return failure(error)
  }
}
