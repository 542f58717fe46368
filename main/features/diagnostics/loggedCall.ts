import { errorFields, inRequest, newRequestId } from '../../lib/log/index.ts'
import type { Log } from '../../lib/log/index.ts'

/** `call` as a request of its own in the log, for what a shell asks of the core beside the contract: uploads and pictures. */
export function loggedCall<A extends unknown[], R>(
  log: Log,
  procedure: string,
  call: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  return (...args) =>
    inRequest(newRequestId(), async () => {
      const started = performance.now()
      try {
        const result = await call(...args)
        log.info('call', { procedure, ms: Math.round(performance.now() - started) })
        return result
      } catch (error) {
        log.warn('call.failed', { procedure, ...errorFields(error) })
        throw error
      }
    })
}
