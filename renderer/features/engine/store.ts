import { create } from 'zustand'
import type { EngineStatus } from '#contract'
import { announce } from '../../lib/announce.ts'
import { toAppError } from '../../lib/errors.ts'
import { follow } from '../../lib/follow.ts'
import { call, connection } from '../../lib/rpc.ts'

/** The engine as the core tells it; null until it has. `hiddenNote`: the note that the user has put away. */
export const useEngine = create<{ status: EngineStatus | null; hiddenNote: string | null }>(() => ({
  status: null,
  hiddenNote: null,
}))

/** Puts a note away; another one shows again. */
export const hideNote = (note: string): void => useEngine.setState({ hiddenNote: note })

/** Keeps the engine's status up to date until `signal` aborts. */
export const followEngine = (signal: AbortSignal): Promise<void> =>
  follow<EngineStatus>({
    connection,
    signal,
    subscribe: (core, round) => core.engine.watch(undefined, { signal: round }),
    onEvent: (status) => {
      const { status: before, hiddenNote } = useEngine.getState()
      useEngine.setState({ status })
      if (status.note !== null && status.note !== before?.note && status.note !== hiddenNote) announce(status.note)
    },
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

/** Takes the model out of memory; it loads again with the next question. */
export async function unload(): Promise<void> {
  try {
    await call((core) => core.engine.unload())
  } catch (thrown) {
    announce(toAppError(thrown).message)
  }
}
