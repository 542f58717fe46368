import type { ErrorInfo } from '#contract'
import { useStore } from 'zustand'
import { createConnection, openChannel } from './connection.ts'
import type { Connection, ConnectionState, Core } from './connection.ts'
import { toAppError } from './errors.ts'

/** The window's one connection to the core, opened when the page loads. */
export const connection: Connection = createConnection(openChannel)

/** How long a call waits for the connection, in ms. */
const PATIENCE_MS = 3_000

/**
 * One call to the core. Rejects with `AppError` only; with `Interrupted` when there is no connection.
 *
 * @example await call((core) => core.conversations.remove({ id }))
 */
export async function call<T>(request: (core: Core) => Promise<T>): Promise<T> {
  try {
    return await request((await connection.ready(AbortSignal.timeout(PATIENCE_MS))).core)
  } catch (thrown) {
    throw toAppError(thrown)
  }
}

/** The state of the connection, as it changes. */
export const useConnectionState = (): ConnectionState => useStore(connection.store, (now) => now.state)

/** Why there is no core behind this window, as the shell says it; null while there is one or nothing is known. */
export const useStoppedCore = (): ErrorInfo | null => useStore(connection.store, (now) => now.stopped)

/** Has the shell start the core again, and connects to it. */
export function restartCore(): void {
  window.sightlineBridge?.restartCore()
  connection.store.setState({ stopped: null })
  connection.retry()
}
