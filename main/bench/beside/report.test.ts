import { describe, expect, it } from 'vitest'
import type { Compared } from './comparison.ts'
import { toBesideReport, toBesideTable, toStageTable } from './report.ts'

const machine = {
  cpu: 'A CPU',
  threads: 2,
  memoryBytes: 16e9,
  platform: 'linux-x64',
  node: 'v24',
  backend: 'CPU (zen4)',
}
const model = { name: 'A model', bytes: 2.26e9, textPath: 'text.gguf', projectorPath: 'mmproj.gguf' }

function measured(others: Compared['others']) {
  const encode: Compared = {
    stage: 'encode',
    figures: [{ name: 'ours', label: 'encode, fastest', unit: 'ms', values: [8800, 9000, 8700] }],
    ratios: [
      {
        name: 'encode_other',
        label: 'encode, against the other checkout',
        value: 0.41,
        rounds: [0.4, 0.42, 0.41],
        unit: 'ratio',
        target: { atMost: 0.5 },
      },
      {
        name: 'cosine',
        label: 'cosine to f32',
        value: 0.99985,
        rounds: [0.99985],
        unit: 'cosine',
        target: { atLeast: 0.9999 },
      },
    ],
    skipped: [
      { name: 'encode_mtmd', label: 'encode, against llama-mtmd-cli', reason: 'llama-mtmd-cli is not on the PATH' },
    ],
    others: [0.01, 0.02, 0],
  }
  const busy: Compared = {
    stage: 'busy',
    figures: [],
    ratios: [
      { name: 'busy', label: 'llama-bench beside a thread', value: 0.17, rounds: [0.17], unit: 'ratio', target: null },
    ],
    skipped: [],
    others,
  }
  return { compared: [encode, busy], checkout: '/another', machine, model }
}

describe('the report of what was measured beside others', () => {
  it('has ratios with their spread, their targets and what was skipped, by name', () => {
    expect(toBesideReport(measured([0.03]))).toEqual({
      figures: { ours: { median: 8800, min: 8700, max: 9000, runs: 3, unit: 'ms' } },
      ratios: { encode_other: 0.41, cosine: 0.99985, busy: 0.17 },
      spreads: {
        encode_other: { median: 0.41, min: 0.4, max: 0.42, runs: 3 },
        cosine: { median: 0.99985, min: 0.99985, max: 0.99985, runs: 1 },
        busy: { median: 0.17, min: 0.17, max: 0.17, runs: 1 },
      },
      targets: { encode_other: { atMost: 0.5, isMet: true }, cosine: { atLeast: 0.9999, isMet: false } },
      skipped: { encode_mtmd: 'llama-mtmd-cli is not on the PATH' },
      others: {
        encode: { median: 0.01, min: 0, max: 0.02, runs: 3 },
        busy: { median: 0.03, min: 0.03, max: 0.03, runs: 1 },
      },
      isQuiet: true,
      checkout: '/another',
      machine,
      model,
    })
  })

  it('reads as a table that says which targets are met', () => {
    expect(toBesideTable(measured([0.03]))).toBe(
      [
        'A model, 2.26 GB',
        'A CPU, 2 threads, 16.00 GB, CPU (zen4)',
        'The other checkout: /another',
        'All sides in turns. Figures: median (smallest to largest). Ratios: of the medians (smallest to largest of a round), target',
        '',
        'encode, fastest                       8,800 ms  (8,700 to 9,000)',
        '',
        'encode, against the other checkout       0.410  (0.400 to 0.420)  at most 0.5: met',
        'cosine to f32                       0.99985000  at least 0.9999: MISSED',
        'llama-bench beside a thread              0.170',
        '',
        'encode, against llama-mtmd-cli         skipped  llama-mtmd-cli is not on the PATH',
        '',
        'The computer was quiet.',
        '',
      ].join('\n'),
    )
  })

  it('says loudly where other programs were busy, and in how many rounds', () => {
    expect(toBesideReport(measured([0.01, 0.4, 0.06])).isQuiet).toBe(false)
    const table = toBesideTable(measured([0.01, 0.4, 0.06]))
    expect(table).toContain('THE COMPUTER WAS NOT QUIET: other programs took more than 5 % of its processors.')
    expect(table).toContain('  busy: in 2 of 3 rounds, up to 40 %\n')
    expect(table).not.toContain('  encode: in')
    expect(table).not.toContain('but not quiet')
  })

  it('calls no speed met without saying that it was not quiet meanwhile; a cosine is the same', () => {
    const { compared, ...rest } = measured([0.01])
    const table = toBesideTable({ ...rest, compared: compared.map((one) => ({ ...one, others: [0.2] })) })
    expect(table).toContain('at most 0.5: met, but not quiet\n')
    expect(table).toContain('at least 0.9999: MISSED\n')
  })

  it('tells of a stage as soon as it has ended, with its own quietness', () => {
    const { compared } = measured([0.01])
    const lines = compared.map(toStageTable)
    for (const [i, { ratios }] of compared.entries())
      for (const { label } of ratios) {
        expect(lines[i]).toContain(label)
        expect(lines.filter((text) => text.includes(label))).toHaveLength(1)
      }
    expect(toStageTable({ ...compared[0]!, others: [0.2] })).toContain('THE COMPUTER WAS NOT QUIET')
  })

  it('does not call a computer quiet whose system does not tell', () => {
    expect(toBesideReport(measured([null]))).toMatchObject({ isQuiet: null, others: { busy: null } })
    expect(toBesideTable(measured([null]))).toContain('is not known on this system')
  })
})
