import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'

const scope = new AsyncLocalStorage<string | null>()

/** A name for one call of the window, for everything that it causes in any process. */
export const newRequestId = (): string => randomBytes(5).toString('hex')

/** The request that the running code is a part of; null outside of one. */
export const currentRequest = (): string | null => scope.getStore() ?? null

/** Runs `work`, and everything that it starts, as a part of the request `id`. */
export function inRequest<T>(id: string | null | undefined, work: () => T): T {
  return scope.run(id ?? null, work)
}
