import { Transient } from '../failures.ts'
import type { Answer } from './fileRequests.ts'

/**
 * The chunks of a body. Throws Transient when it breaks off or brings no byte for `stallMs` (time that the reader takes
 * does not count), and the signal's reason when that aborts. The connection is ended unless the body was read to its end.
 */
export async function* readBody({ body }: Answer, stallMs: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  try {
    for (;;) {
      const timer = setTimeout(() => body.destroy(new Transient('the connection went silent')), stallMs)
      const next = await chunks.next().finally(() => clearTimeout(timer))
      if (next.done) return
      yield next.value
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw error instanceof Transient ? error : new Transient('the connection was lost', 0, { cause: error })
  } finally {
    if (!body.readableEnded) body.destroy()
  }
}
