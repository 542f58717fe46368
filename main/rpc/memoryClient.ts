import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { ContractRouterClient } from '@orpc/contract'
import type { Contract } from '#contract'
import { memoryChannels } from './channel.ts'
import type { Channel } from './channel.ts'
import { fromRpcError, mapStreamErrors } from './errors.ts'

/** Every procedure of the contract as a function. Calls reject with `AppError`. */
export type Client = ContractRouterClient<Contract>

/**
 * A client in the same process, over the same encoding as a window's. `close` ends its streams on the serving side, as
 * closing a window does.
 */
export function createMemoryClient(serve: (channel: Channel) => () => void): { client: Client; close(): void } {
  const [near, far] = memoryChannels()
  serve(far)
  const link = new RPCLink({
    port: {
      postMessage: (message: string | Uint8Array) => void near.send(message),
      onMessage: { addListener: (listener) => near.onMessage(listener) },
      onDisconnect: { addListener: (listener) => near.onClose(listener) },
    },
    interceptors: [
      async ({ next }) => {
        try {
          return mapStreamErrors(await next(), fromRpcError)
        } catch (error) {
          throw fromRpcError(error)
        }
      },
    ],
  })
  return { client: createORPCClient(link), close: near.close }
}
