import { create } from 'zustand'
import type { EngineStatus } from '#contract'
import { toAppError } from '../../lib/errors.ts'
import { follow } from '../../lib/follow.ts'
import { call, connection } from '../../lib/rpc.ts'

/** The engine as the core tells it; null until it has. */
export const useEngine = create<{ status: EngineStatus | null }>(() => ({ status: null }))

/** Keeps the engine's status up to date until `signal` aborts. */
export const followEngine = (signal: AbortSignal): Promise<void> =>
  follow<EngineStatus>({
    connection,
    signal,
    subscribe: (core, round) => core.engine.watch(undefined, { signal: round }),
    onEvent: (status) => useEngine.setState({ status }),
  })

/** Loads the current model; a failure shows in the status, as every failure of the engine does. */
export async function load(): Promise<void> {
  try {
    useEngine.setState({ status: await call((core) => core.engine.load()) })
  } catch (thrown) {
    const { status } = useEngine.getState()
    if (status) useEngine.setState({ status: { ...status, state: 'failed', error: toAppError(thrown).toInfo() } })
  }
}
