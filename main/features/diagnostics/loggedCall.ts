import { errorFields, inRequest, newRequestId } from '../../lib/log/index.ts'
import type { Log } from '../../lib/log/index.ts'

/**
 * `call` as a request of its own in the log, for what a shell asks of the core beside the contract: uploads and pictures.
 * Where there are many of them, those that succeed within `quietMs` are left out.
 */
export function loggedCall<A extends unknown[], R>(
  log: Log,
  procedure: string,
  call: (...args: A) => Promise<R>,
  quietMs = -1,
): (...args: A) => Promise<R> {
  return (...args) =>
    inRequest(newRequestId(), async () => {
      const started = performance.now()
      try {
        const result = await call(...args)
        const ms = Math.round(performance.now() - started)
        if (ms > quietMs) log.info('call', { procedure, ms })
        return result
      } catch (error) {
        log.warn('call.failed', { procedure, ...errorFields(error) })
        throw error
      }
    })
}
