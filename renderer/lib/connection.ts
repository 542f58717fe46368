import { createStore, type StoreApi } from 'zustand/vanilla'
import { orAborted } from './abort.ts'
import type { Channel, Core } from './channel.ts'
import { connectionLost } from './errors.ts'

/** `connecting`: never open so far. `lost`: was open, or the first attempts failed; being opened again. */
export type ConnectionState = 'connecting' | 'open' | 'lost'

/** Waiting time before attempt `failures` + 1 in ms: 250 ms doubling up to 5 s. */
export const backOff = (failures: number): number => Math.min(5_000, 250 * 2 ** failures)

/** The core over a channel that is open. `closed` aborts once the channel can carry no more calls. */
export interface OpenCore {
  readonly core: Core
  readonly closed: AbortSignal
}

/** A connection that comes back. */
export interface Connection {
  readonly store: StoreApi<{ state: ConnectionState }>
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
  const store = createStore<{ state: ConnectionState }>(() => ({ state: 'connecting' }))
  let opened = Promise.withResolvers<OpenCore>()

  const run = async (): Promise<never> => {
    for (let failures = 0; ; ) {
      try {
        const { core, closed } = await open()
        failures = 0
        const ended = new AbortController()
        store.setState({ state: 'open' })
        opened.resolve({ core, closed: ended.signal })
        await closed
        opened = Promise.withResolvers()
        store.setState({ state: 'lost' })
        ended.abort()
      } catch {
        failures += 1
        if (failures >= 3) store.setState({ state: 'lost' })
      }
      await wait(backOff(failures))
    }
  }
  void run()

  return {
    store,
    async ready(signal) {
      const core = await orAborted(opened.promise, signal)
      if (!core) throw connectionLost()
      return core
    },
  }
}
