import type { Measurement } from '../measurement.ts'

const SIDES = [448, 672]

/** Decoding, resizing and encoding one new picture, of each size. */
export const encode: Measurement = {
  name: 'encode',
  needsPictures: true,
  async run({ workload, runs, engine }) {
    const figures = []
    for (const side of SIDES) {
      const values: number[] = []
      for (let i = 0; i < runs; i++) {
        const { result } = await engine.answer(
          workload.request([{ role: 'user', content: [await workload.newPicture(side)] }], 1),
        )
        values.push(result.timings.encodeMs)
      }
      figures.push({
        name: `encode_${side}x${side}`,
        label: `encoding a picture of ${side} x ${side} pixels`,
        unit: 'ms' as const,
        values,
      })
    }
    return { figures, ratios: [] }
  },
}
