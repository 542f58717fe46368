import type { BenchmarkResult } from '#contract'
import { expect, test } from 'vitest'
import { openStore } from '../../lib/database/index.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createBenchmarks } from './index.ts'

const memory = { memoryBytes: 1, gpuBytes: 0 }
const picture = (pictureTokens: number, encodeMs: number) => ({
  kind: 'picture' as const,
  side: 1,
  pictureTokens,
  encodeMs,
  ...memory,
})
const result = (
  id: string,
  startedAt: number,
  rows: BenchmarkResult['rows'],
  looked: Pick<BenchmarkResult, 'vision'> = {},
): BenchmarkResult => ({
  ...looked,
  id,
  modelId: 'm',
  modelName: 'M',
  quantization: null,
  startedAt,
  endedAt: 2,
  isComplete: true,
  machine: { cpu: 'x', cores: 2, memoryBytes: 1, backend: null },
  published: null,
  rows,
})

test('the latest measurement that has pictures says how long they take', () => {
  const folder = tempFolder()
  const store = openStore(folder.path)
  try {
    store.db.prepare("INSERT INTO models (id, name, trained_context, origin) VALUES ('m', 'M', 1, 'added')").run()
    const benchmarks = createBenchmarks(store.db)
    expect(benchmarks.encodedPictures('m', 'balanced')).toEqual([])
    const skipped = { kind: 'skipped' as const, what: 'pictures', reason: 'none' }
    benchmarks.keep(result('a', 1, [picture(64, 900)]))
    benchmarks.keep(result('b', 2, [picture(64, 100), skipped, picture(576, 2000)]))
    benchmarks.keep(result('c', 3, [skipped]))
    // from before there was a choice, when the processor looked as it does by itself
    expect(benchmarks.encodedPictures('m', 'balanced')).toEqual([
      { tokens: 64, ms: 100 },
      { tokens: 576, ms: 2000 },
    ])
    expect(benchmarks.encodedPictures('m', 'fastest')).toEqual([])
    benchmarks.keep(result('d', 4, [picture(64, 700)], { vision: 'exact' }))
    benchmarks.keep(result('e', 5, [picture(64, 50)], { vision: 'fastest' }))
    expect(benchmarks.encodedPictures('m', 'exact')).toEqual([{ tokens: 64, ms: 700 }])
    expect(benchmarks.encodedPictures('m', 'fastest')).toEqual([{ tokens: 64, ms: 50 }])
    expect(benchmarks.encodedPictures('m', 'balanced')).toHaveLength(2)
    benchmarks.keep(result('f', 6, [picture(64, 5)], { vision: null }))
    expect(benchmarks.encodedPictures('m', 'exact'), 'a graphics card follows no choice').toEqual([
      { tokens: 64, ms: 5 },
    ])
  } finally {
    store.close()
    folder.remove()
  }
})
