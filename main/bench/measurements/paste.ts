import { prose } from '../../lib/workload/index.ts'
import type { Measurement } from '../measurement.ts'

const CHARACTERS = 200_000

/** From a pasted text of 200 kB to its exact number of tokens, as the window shows it while the question is being written. */
export const paste: Measurement = {
  name: 'paste',
  needsPictures: false,
  async run({ workload, runs, engine }) {
    const values: number[] = []
    const perSecond: number[] = []
    // the first round warms up and is not counted
    for (let i = 0; i <= runs; i++) {
      const request = workload.request(
        [{ role: 'user', content: [{ type: 'text', text: prose(1000 + i, CHARACTERS) }] }],
        1,
      )
      const started = performance.now()
      const { total } = await engine.engine.count(request)
      const ms = performance.now() - started
      if (i === 0) continue
      values.push(ms)
      perSecond.push((total * 1000) / ms)
    }
    return {
      figures: [
        { name: 'paste', label: 'a pasted text of 200 kB in tokens', unit: 'ms', values },
        { name: 'paste_speed', label: 'tokens made of it', unit: 'tokens/s', values: perSecond },
      ],
      ratios: [],
    }
  },
}
