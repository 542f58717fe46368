import { errorKinds, unlessAborted, untilAborted } from '#contract'
import type { AppError } from '#contract'
import { backOff } from './connection.ts'
import type { Connection, Core } from './connection.ts'
import { toAppError } from './errors.ts'

/** A stream of the core to follow across lost connections. */
export interface Following<T> {
  readonly connection: Connection
  readonly signal: AbortSignal
  subscribe(core: Core, signal: AbortSignal): Promise<AsyncIterable<T>>
  /** Returns 'again' when events are missing: the stream is subscribed to again and starts with a snapshot. */
  onEvent(event: T): 'again' | void
  /** The core refuses this subscription (for example `NotFound`); following ends. */
  onRefused?(error: AppError): void
}

const pause = (ms: number, signal: AbortSignal): Promise<unknown> =>
  unlessAborted(new Promise((resolve) => setTimeout(resolve, ms)), signal).catch(() => {})

/** Delivers every event of a stream until `signal` aborts; each new subscription begins with the stream's snapshot. */
export async function follow<T>({ connection, signal, subscribe, onEvent, onRefused }: Following<T>): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    const round = new AbortController()
    let over = signal
    try {
      const { core, closed } = await connection.ready(signal)
      over = AbortSignal.any([signal, closed])
      const events = await unlessAborted(subscribe(core, round.signal), over)
      for await (const event of untilAborted(events, over)) {
        failures = 0
        if (onEvent(event) === 'again') break
      }
    } catch (thrown) {
      if (over.aborted) continue
      const error = toAppError(thrown)
      if (onRefused && errorKinds[error.code] === 'input') return onRefused(error)
      await pause(backOff(failures++), signal)
    } finally {
      round.abort()
    }
  }
}
