import { contract } from '#contract'
import type { Contract } from '#contract'
import { isContractProcedure } from '@orpc/contract'
import { implement } from '@orpc/server'
import type { Router } from '@orpc/server'
import { RPCHandler } from '@orpc/server/websocket'
import type { CallOptions, HandlersOf } from '../lib/handlers.ts'
import { errorFields, inRequest, newRequestId, noLog } from '../lib/log/log.ts'
import type { Log } from '../lib/log/log.ts'
import type { Channel } from './channel.ts'
import { mapStreamErrors, toRpcError, warnOfDefect } from './errors.ts'

export type Handlers = HandlersOf<Contract>

export type AppRouter = Router<Contract, Record<never, never>>

/** Binds the handlers to the contract; inputs are validated against it before a handler sees them. */
export function createRouter(handlers: Handlers): AppRouter {
  const never = new AbortController().signal
  const bind = (part: object, handler: unknown): unknown => {
    if (isContractProcedure(part)) {
      const call = handler as (input: unknown, options: CallOptions) => unknown
      return implement(part).handler(({ input, signal }) => call(input, { signal: signal ?? never }))
    }
    const entries = Object.entries(part as Record<string, object>)
    return Object.fromEntries(
      entries.map(([key, child]) => [key, bind(child, (handler as Record<string, unknown>)[key])]),
    )
  }
  return bind(contract, handlers) as AppRouter
}

export interface RpcServer {
  /** Answers the calls that come over `channel` until it closes or the returned function is called. */
  serve(channel: Channel): () => void
}

/**
 * Serves the router over any number of channels. `onDefect` hears of errors that the contract does not know; the client
 * is only told that something failed. Every call is a request of its own in the log: its procedure, how long it took
 * (a stream: until it was open, and until it was over) and the code of its error.
 */
export function createRpcServer(
  router: AppRouter,
  onDefect: (error: unknown) => void = warnOfDefect,
  log: Log = noLog,
): RpcServer {
  /** What is sent of an error; what a cancelled call throws is no defect. */
  const toSent = (error: unknown, signal: AbortSignal | undefined, procedure: string) => {
    const sent = toRpcError(error)
    const isDefect = sent.status >= 500 && sent.code === 'INTERNAL_SERVER_ERROR' && !signal?.aborted
    if (isDefect) onDefect(error)
    const tell = isDefect ? log.error : signal?.aborted || sent.code === 'Interrupted' ? log.info : log.warn
    tell('call.failed', { procedure, ...errorFields(error), code: sent.code })
    return sent
  }
  const handler = new RPCHandler(router, {
    clientInterceptors: [
      async ({ next, signal, path }) => {
        const procedure = path.join('.')
        const started = performance.now()
        try {
          const tell = (event: string) => log.info(event, { procedure, ms: Math.round(performance.now() - started) })
          const output = await next()
          tell('call')
          return mapStreamErrors(
            output,
            (error) => toSent(error, signal, procedure),
            () => tell('call.ended'),
          )
        } catch (error) {
          throw toSent(error, signal, procedure)
        }
      },
    ],
  })
  return {
    serve(channel) {
      let open = true
      const peer = {
        addEventListener: () => {},
        send: (message: string | Uint8Array) => (open ? channel.send(message) : undefined),
      }
      const close = () => {
        if (!open) return
        open = false
        handler.close(peer as never)
      }
      channel.onMessage((message) => {
        if (!open) return
        // A frame that cannot be read, or a line that broke while answering: this client is done, the others go on.
        const answer = () => handler.message(peer as never, message as string, { context: {} })
        inRequest(newRequestId(), answer).catch(() => {
          close()
          channel.close()
        })
      })
      channel.onClose(close)
      return () => {
        close()
        channel.close()
      }
    },
  }
}
