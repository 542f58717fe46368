import { vi } from 'vitest'
import { useStore } from 'zustand'
import { createConnection } from '../lib/connection.ts'
import type { Core } from '../lib/connection.ts'
import { toAppError } from '../lib/errors.ts'

type Procedures = Record<string, (input: never, options: { signal: AbortSignal }) => unknown>

/** The procedures that a test answers in the core's place, by resource: `core.downloads = { pause: vi.fn() }`. */
export const core: Record<string, Procedures> = {}

let close = (): void => {}
const connection = createConnection(() =>
  Promise.resolve({
    core: core as unknown as Core,
    closed: new Promise<void>((resolve) => (close = resolve)),
    sendBytes: null,
  }),
)

/** Loses the window's connection, which then comes back by itself. */
export const loseConnection = (): void => close()

/** Stands for having the shell start the core again. */
const restartCore: () => void = vi.fn()

/**
 * Takes the place of `lib/rpc.ts`, whose connection opens when it is imported:
 * `vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)`
 */
export const rpc = {
  connection,
  call: async (request: (of: unknown) => unknown): Promise<unknown> => {
    try {
      return await request(core)
    } catch (thrown) {
      throw toAppError(thrown)
    }
  },
  useConnectionState: () => useStore(connection.store, (now) => now.state),
  useStoppedCore: () => useStore(connection.store, (now) => now.stopped),
  restartCore,
}
