import { RPCHandler } from '@orpc/server/websocket'
import type { Channel } from './channel.ts'
import { mapStreamErrors, toRpcError, warnOfDefect } from './errors.ts'
import type { AppRouter } from './router.ts'

export interface RpcServer {
  /** Answers the calls that come over `channel` until it closes or the returned function is called. */
  serve(channel: Channel): () => void
}

/**
 * Serves the router over any number of channels. `onDefect` hears of errors that the contract does not know; the client
 * is only told that something failed.
 */
export function createRpcServer(router: AppRouter, onDefect: (error: unknown) => void = warnOfDefect): RpcServer {
  /** What is sent of an error; what a cancelled call throws is no defect. */
  const toSent = (error: unknown, signal: AbortSignal | undefined) => {
    const sent = toRpcError(error)
    if (sent.status >= 500 && sent.code === 'INTERNAL_SERVER_ERROR' && !signal?.aborted) onDefect(error)
    return sent
  }
  const handler = new RPCHandler(router, {
    clientInterceptors: [
      async ({ next, signal }) => {
        try {
          return mapStreamErrors(await next(), (error) => toSent(error, signal))
        } catch (error) {
          throw toSent(error, signal)
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
        handler.message(peer as never, message as string, { context: {} }).catch(() => {
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
