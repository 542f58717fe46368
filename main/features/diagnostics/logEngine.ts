import type { Engine, EngineState } from '../../engine/index.ts'
import type { Log } from '../../lib/log/index.ts'

/** Logs every change of the engine's state, with the code of what ended or failed; returns how to stop it. */
export function logEngine(engine: Engine, log: Log): () => void {
  let last: EngineState['state'] = engine.state.state
  return engine.onState(({ state, error, residentBytes = null }) => {
    if (state === last) return
    last = state
    const tell = state === 'failed' || state === 'restarting' ? log.warn : log.info
    tell('engine.state', { state, ...(error && { code: error.code }), residentBytes })
  })
}
