import { useStore } from 'zustand'
import { openChannel, type Core } from './channel.ts'
import { createConnection, type Connection, type ConnectionState } from './connection.ts'
import { toAppError } from './errors.ts'

/** The window's one connection to the core, opened when the page loads. */
export const connection: Connection = createConnection(openChannel)

/**
 * One call to the core. Rejects with `AppError` only; with `Interrupted` while the connection is lost.
 *
 * @example await call((core) => core.conversations.remove({ id }))
 */
export async function call<T>(request: (core: Core) => Promise<T>): Promise<T> {
  try {
    return await request(connection.core())
  } catch (thrown) {
    throw toAppError(thrown)
  }
}

/** The state of the connection, as it changes. */
export const useConnectionState = (): ConnectionState => useStore(connection.store, (now) => now.state)
