import type { ErrorInfo } from '#contract'
import type { FromWorker } from '../protocol.ts'
import type { EngineState, ModelFiles } from '../types.ts'

/** No process, no model. */
export const OFF: EngineState = {
  state: 'off',
  model: null,
  progress: null,
  backend: null,
  contextTokens: null,
  error: null,
}

/** What stays true of the process when its model is gone. */
const ofProcess = ({ release, backend, noGpuReason, devices }: EngineState): Partial<EngineState> => ({
  ...(release !== undefined && { release }),
  backend,
  noGpuReason,
  devices,
})

/** The state after a message of the process; the same object when nothing changes. `renewed`: a note on the process itself. */
export function afterMessage(state: EngineState, message: FromWorker, renewed: string | null): EngineState {
  switch (message.type) {
    case 'started':
      return {
        ...state,
        release: message.release,
        backend: message.backend,
        noGpuReason: message.noGpuReason,
        devices: message.devices,
      }
    case 'planned':
      return {
        ...state,
        plan: message.plan,
        note: [renewed, message.note].filter((note) => note !== null).join(' ') || null,
      }
    case 'loaded':
      return {
        ...state,
        state: 'ready',
        model: message.model,
        contextTokens: message.contextTokens,
        thinking: message.thinking,
        vision: message.vision,
        progress: null,
        error: null,
      }
    case 'loading':
      return {
        ...(sameFiles(state.model, message.model) ? state : withoutThinking(state)),
        state: 'loading',
        model: message.model,
        progress: message.progress,
        error: null,
      }
    case 'notLoaded':
      return afterFailedLoad(state, message.error)
    case 'unloaded':
      return { ...OFF, ...ofProcess(state) }
    case 'encoded':
      return { ...state, encoding: { tokens: message.tokens, ms: message.ms } }
    case 'memory':
      return { ...state, residentBytes: message.residentBytes }
    default:
      return state
  }
}

/** Of the model that was there before. */
const withoutThinking = ({ thinking: _, ...state }: EngineState): EngineState => state

/** A load that failed or was stopped leaves no model. */
function afterFailedLoad(state: EngineState, error: ErrorInfo): EngineState {
  if (state.state !== 'loading') return state
  return error.code === 'Interrupted'
    ? { ...state, state: 'off', progress: null, error: null }
    : { ...state, state: 'failed', progress: null, error }
}

/** Whether two models are the same files. */
export const sameFiles = (a: ModelFiles | null | undefined, b: ModelFiles): boolean =>
  a?.textPath === b.textPath && a.projectorPath === b.projectorPath
