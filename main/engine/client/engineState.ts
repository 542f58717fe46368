import type { AppError } from '#contract'
import type { FromWorker } from '../protocol.ts'
import type { EngineState, ModelFiles } from '../types.ts'

/** A change of the process's memory that is worth telling. */
const TOLD_BYTES = 2 ** 24

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
const ofProcess = ({ backend, noGpuReason, devices }: EngineState): Partial<EngineState> => ({
  backend,
  noGpuReason,
  devices,
})

/** The state after something the process said; the same object when that changes nothing. `renewed`: what is to be said of the process itself. */
export function afterMessage(state: EngineState, message: FromWorker, renewed: string | null): EngineState {
  switch (message.type) {
    case 'started':
      return { ...state, backend: message.backend, noGpuReason: message.noGpuReason, devices: message.devices }
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
        progress: null,
        error: null,
      }
    case 'unloaded':
      return { ...OFF, ...ofProcess(state) }
    case 'encoded':
      return { ...state, encoding: { tokens: message.tokens, ms: message.ms } }
    case 'memory':
      return Math.abs(message.residentBytes - (state.residentBytes ?? 0)) >= TOLD_BYTES
        ? { ...state, residentBytes: message.residentBytes }
        : state
    default:
      return state
  }
}

/** The state after a request failed while the process lives: a failed load leaves no model. */
export function afterFailure(state: EngineState, error: AppError): EngineState {
  if (state.state !== 'loading') return state
  return error.code === 'Interrupted'
    ? { ...state, state: 'off', progress: null, error: null }
    : { ...state, state: 'failed', progress: null, error: error.toInfo() }
}

/** Whether two models are the same files. */
export const sameFiles = (a: ModelFiles | null | undefined, b: ModelFiles): boolean =>
  a?.textPath === b.textPath && a.projectorPath === b.projectorPath
