import { vi } from 'vitest'

/** As long as a timer can wait, in ms. */
const NEVER = 2 ** 31 - 1

/**
 * Resolves once `holds` returns true. There is no deadline here, so that a busy computer fails nothing: what never
 * comes to hold runs into the limit of the test itself.
 */
export const until = (holds: () => boolean): Promise<boolean> => vi.waitUntil(holds, { timeout: NEVER, interval: 5 })

/** Reads a stream until an event matches, and leaves it. */
export async function firstMatching<T>(stream: Promise<AsyncIterable<T>>, matches: (event: T) => boolean): Promise<T> {
  for await (const event of await stream) if (matches(event)) return event
  throw new Error('The stream ended.')
}
