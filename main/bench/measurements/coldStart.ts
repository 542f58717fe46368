import type { Measurement } from '../measurement.ts'
import { processMemory } from '../processMemory.ts'

const SIDE = 448

/**
 * A process from nothing: how long until the model is loaded, and the most memory it ever held once it has answered a
 * text prompt and looked at a picture.
 */
export const coldStart: Measurement = {
  name: 'cold_start',
  needsPictures: false,
  async run({ workload, runs, startEngine }) {
    const load: number[] = []
    const peak: number[] = []
    for (let i = 0; i < runs; i++) {
      const fresh = await startEngine()
      try {
        const started = performance.now()
        await fresh.engine.load(workload.model, workload.contextTokens)
        load.push(performance.now() - started)
        await fresh.answer(workload.request(workload.textPrompt(), 8))
        if (workload.model.projectorPath)
          await fresh.answer(workload.request([{ role: 'user', content: [await workload.newPicture(SIDE)] }], 8))
        peak.push((await processMemory(fresh.pid())).peak)
      } finally {
        await fresh.close()
      }
    }
    return {
      figures: [
        { name: 'load', label: 'load, from no process to ready', unit: 'ms', values: load },
        { name: 'peak_memory', label: 'peak memory of the engine process', unit: 'bytes', values: peak },
      ],
      ratios: [],
    }
  },
}
