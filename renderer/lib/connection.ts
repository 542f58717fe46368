import { createStore, type StoreApi } from 'zustand/vanilla'
import { unlessAborted, type ErrorInfo } from '#contract'
import { CoreStopped, type Channel, type Core, type SendBytes } from './channel.ts'
import { connectionLost } from './errors.ts'

/** `connecting`: never open so far. `lost`: was open, or the first attempts failed; being opened again. */
export type ConnectionState = 'connecting' | 'open' | 'lost'

/** Waiting time before attempt `failures` + 1 in ms: 250 ms doubling up to 5 s. */
export const backOff = (failures: number): number => Math.min(5_000, 250 * 2 ** failures)

/** How the connection is. `stopped`: the shell says why there is no core; null: nothing is known of that. */
export interface ConnectionStatus {
  readonly state: ConnectionState
  readonly stopped: ErrorInfo | null
}

/** The core over a channel that is open. `closed` aborts once the channel can carry no more calls. */
export interface OpenCore {
  readonly core: Core
  readonly closed: AbortSignal
  readonly sendBytes: SendBytes | null
}

/** A connection that comes back. */
export interface Connection {
  readonly store: StoreApi<ConnectionStatus>
  /** Tries to connect now, without waiting for the next attempt. */
  retry(): void
  /** The core as soon as there is a connection. Rejects with `Interrupted` when `signal` aborts. */
  ready(signal: AbortSignal): Promise<OpenCore>
}

/**
 * Keeps one channel open: opens it, and opens another one, with back-off, whenever it closes.
 *
 * @param open Opens one channel; rejects when it cannot.
 * @param wait Waits the given ms; tests replace it.
 */
export function createConnection(
  open: () => Promise<Channel>,
  wait: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): Connection {
  const store = createStore<ConnectionStatus>(() => ({ state: 'connecting', stopped: null }))
  let hurry = (): void => {}
  let opened = Promise.withResolvers<OpenCore>()

  const run = async (): Promise<never> => {
    for (let failures = 0; ; ) {
      try {
        const { core, sendBytes, closed } = await open()
        failures = 0
        const ended = new AbortController()
        store.setState({ state: 'open', stopped: null })
        opened.resolve({ core, sendBytes, closed: ended.signal })
        await closed
        opened = Promise.withResolvers()
        store.setState({ state: 'lost' })
        ended.abort()
      } catch (error) {
        failures += 1
        const stopped = error instanceof CoreStopped ? error.info : null
        if (stopped || failures >= 3) store.setState({ state: 'lost', stopped })
      }
      await Promise.race([wait(backOff(failures)), new Promise<void>((resolve) => (hurry = resolve))])
    }
  }
  void run()

  return {
    store,
    retry: () => hurry(),
    async ready(signal) {
      try {
        return await unlessAborted(opened.promise, signal)
      } catch {
        throw connectionLost()
      }
    },
  }
}
