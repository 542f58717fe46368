import { AppError } from '#contract'
import type { Measurement } from '../measurement.ts'

const CONTEXT_SHARE = 0.85

/** From Stop, pressed while a prompt that nearly fills the context is read, until the engine has stopped. */
export const stop: Measurement = {
  name: 'stop',
  needsPictures: false,
  async run({ workload, runs, engine }) {
    const values: number[] = []
    for (let i = 0; i < runs; i++) {
      const abort = new AbortController()
      let pressedAt = 0
      const { result } = await engine.answer(workload.request(workload.textPrompt(CONTEXT_SHARE), 1), {
        signal: abort.signal,
        onEvent: (event) => {
          // a first part is done: the next one has just begun, the worst moment to be stopped
          if (pressedAt || event.type !== 'progress' || event.progress.phase !== 'prefill' || event.progress.done < event.progress.total / 20) return
          pressedAt = performance.now()
          abort.abort()
        },
      })
      const ended = performance.now()
      if (result.finishReason !== 'aborted') throw new AppError('EngineFailed', 'The benchmark is not valid: the prompt was read before it could be stopped.')
      values.push(ended - pressedAt)
    }
    return { figures: [{ name: 'stop_ms', label: 'stop while a long prompt is read', unit: 'ms', values }], ratios: [] }
  },
}
