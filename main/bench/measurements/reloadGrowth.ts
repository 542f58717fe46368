import type { Measurement } from '../measurement.ts'
import { processMemory } from '../processMemory.ts'
import { median } from '../statistics.ts'

const RELOADS = 20
const SETTLED = 3
const WINDOW = 5

/**
 * How much more memory the process holds after 20 loads and unloads than once it has settled (after the third), as a
 * share. Each end is the median of five unloads: single readings differ by some percent without any growth.
 */
export const reloadGrowth: Measurement = {
  name: 'reload_growth',
  needsPictures: false,
  async run({ workload, startEngine }) {
    const resident: number[] = []
    const fresh = await startEngine()
    try {
      for (let i = 0; i < RELOADS; i++) {
        await fresh.engine.load(workload.model, workload.contextTokens)
        await fresh.engine.unload()
        resident.push((await processMemory(fresh.pid())).resident)
      }
    } finally {
      await fresh.close()
    }
    const settled = median(resident.slice(SETTLED, SETTLED + WINDOW))
    const growth = (median(resident.slice(-WINDOW)) - settled) / settled
    return {
      figures: [
        {
          name: 'memory_unloaded',
          label: 'memory of the engine process after an unload',
          unit: 'bytes',
          values: resident,
        },
      ],
      ratios: [
        {
          name: 'reload_growth',
          label: `growth of memory over ${RELOADS} loads, after the third`,
          unit: 'ratio',
          values: [growth],
        },
      ],
    }
  },
}
