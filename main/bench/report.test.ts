import { describe, expect, it } from 'vitest'
import { toReport, toTable } from './report.ts'

const machine = {
  cpu: 'A CPU',
  threads: 2,
  memoryBytes: 16e9,
  platform: 'linux-x64',
  node: 'v24',
  backend: 'CPU (zen4)',
}
const model = { name: 'A model', bytes: 3.9e6, textPath: 'text.gguf', projectorPath: null }
const measured = [
  { figures: [{ name: 'load', label: 'load', unit: 'ms' as const, values: [1200, 1100, 1300] }], ratios: [] },
  {
    figures: [{ name: 'peak_memory', label: 'peak memory', unit: 'bytes' as const, values: [158.5e6] }],
    ratios: [{ name: 'prefill', label: 'prefill speed', unit: 'ratio' as const, values: [1.1, 0.9, 1] }],
  },
]

describe('the report of a benchmark', () => {
  it('has medians with their spread under their names, and ratios as plain numbers', () => {
    expect(toReport(measured, machine, model)).toEqual({
      figures: {
        load: { median: 1200, min: 1100, max: 1300, runs: 3, unit: 'ms' },
        peak_memory: { median: 158.5e6, min: 158.5e6, max: 158.5e6, runs: 1, unit: 'bytes' },
      },
      ratios: { prefill: 1 },
      spreads: { prefill: { median: 1, min: 0.9, max: 1.1, runs: 3 } },
      notes: [],
      machine,
      model,
    })
  })

  it('ends with what is to be said of single runs', () => {
    const slow = { figures: [], ratios: [], notes: ['resume, run 2: nothing was there'] }
    expect(toReport([...measured, slow], machine, model).notes).toEqual(slow.notes)
    expect(toTable([...measured, slow], machine, model)).toMatch(
      /\(0\.900 to 1\.100\)\n\nresume, run 2: nothing was there\n$/,
    )
  })

  it('reads as a table with units, aligned', () => {
    expect(toTable(measured, machine, model)).toBe(
      [
        'A model, 3.9 MB',
        'A CPU, 2 threads, 16.00 GB, CPU (zen4)',
        'Median (smallest to largest)',
        '',
        'load           1,200 ms  (1,100 to 1,300)',
        'peak memory    158.5 MB',
        '',
        'prefill speed     1.000  (0.900 to 1.100)',
        '',
      ].join('\n'),
    )
  })
})
