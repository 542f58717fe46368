import type { Measurement } from '../measurement.ts'
import { processMemory } from '../processMemory.ts'

/** The largest picture that is planned for by default, in pixels per side. */
const SIDE = 980
/** Of the context: text that fills it together with the picture's 1,225 tokens. */
const TEXT_SHARE = 0.6

/**
 * The memory that is estimated for the model before it is loaded, against the most that a fresh engine process takes for
 * a nearly full context with a picture.
 */
export const memoryEstimate: Measurement = {
  name: 'memory_estimate',
  needsPictures: true,
  async run({ workload, engine, startEngine }) {
    const { model, contextTokens } = workload
    const { fit } = await engine.engine.plan(model, { contextTokens, gpuLayers: null, kvType: null })
    // its memory is needed for the other one
    await engine.engine.unload()
    const [first, ...rest] = workload.textPrompt(TEXT_SHARE)
    const fresh = await startEngine()
    try {
      const picture = { role: 'user' as const, content: [await workload.newPicture(SIDE)] }
      await fresh.answer(workload.request([first!, picture, ...rest], 1))
      const { peak } = await processMemory(fresh.pid())
      return {
        figures: [
          {
            name: 'memory_estimated',
            label: 'memory, estimated before loading',
            unit: 'bytes',
            values: [fit.neededBytes],
          },
          {
            name: 'generation_estimated',
            label: 'generation, estimated before loading',
            unit: 'tokens/s',
            values: [fit.tokensPerSecond ?? 0],
          },
          {
            name: 'memory_peak',
            label: 'memory of the engine process at most, context full',
            unit: 'bytes',
            values: [peak],
          },
        ],
        ratios: [
          {
            name: 'memory_estimate',
            label: 'memory, estimated against measured',
            unit: 'ratio',
            values: [fit.neededBytes / peak],
          },
        ],
      }
    } finally {
      await fresh.close()
    }
  },
}
