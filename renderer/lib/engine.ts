import { t } from '@lingui/core/macro'
import { create } from 'zustand'
import type { EngineStatus, ErrorInfo, VisionSetting } from '#contract'
import { announce } from './announce.ts'
import { toAppError } from './errors.ts'
import { follow } from './follow.ts'
import { call, connection } from './rpc.ts'

/**
 * The engine's status from the core; null before the first. `refusal`: why the last load was refused; the next status
 * clears it. `hiddenNote`: the note that the user has dismissed.
 */
export const useEngine = create<{
  readonly status: EngineStatus | null
  readonly refusal: ErrorInfo | null
  readonly hiddenNote: string | null
}>(() => ({
  status: null,
  refusal: null,
  hiddenNote: null,
}))

/** The names of the ways in which a processor looks at pictures. */
export const visionLabels: Record<VisionSetting, string> = {
  exact: t`Exact`,
  balanced: t`Balanced`,
  fastest: t`Fastest`,
}

/** Dismisses a note of the engine; another one is shown again. */
export const hideNote = (note: string): void => useEngine.setState({ hiddenNote: note })

/** Keeps the engine's status up to date until `signal` aborts. */
export const followEngine = (signal: AbortSignal): Promise<void> =>
  follow<EngineStatus>({
    connection,
    signal,
    subscribe: (core, round) => core.engine.watch(undefined, { signal: round }),
    onEvent: (status) => {
      const { status: before, hiddenNote } = useEngine.getState()
      useEngine.setState({ status, refusal: null })
      if (status.note !== null && status.note !== before?.note && status.note !== hiddenNote) announce(status.note)
    },
  })

/**
 * Loads the current model. A failure of the engine is in its status; why the core refused to begin is kept in
 * `refusal`. A load that was cancelled is neither.
 */
export async function loadModel(): Promise<void> {
  useEngine.setState({ refusal: null })
  try {
    await call((core) => core.engine.load())
  } catch (thrown) {
    const error = toAppError(thrown)
    if (error.code !== 'Interrupted') useEngine.setState({ refusal: error.toInfo() })
  }
}

/** Cancels the load that is running. Rejects with AppError. */
export const cancelLoading = (): Promise<void> => call((core) => core.engine.cancelLoad())

/** Takes the model out of memory; it loads again with the next question. Rejects with AppError. */
export const unloadModel = (): Promise<void> => call((core) => core.engine.unload())
