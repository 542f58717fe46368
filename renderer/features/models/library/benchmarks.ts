import { create } from 'zustand'
import type { BenchmarkEvent, BenchmarkResult, ErrorInfo } from '#contract'
import { toAppError } from '../../../lib/errors.ts'
import { call } from '../../../lib/rpc.ts'

/** The benchmark that is running, and why the last one failed. It runs on when the panel of its model is closed. */
export const useBenchmark = create<{ modelId: string | null; event: BenchmarkEvent | null; error: ErrorInfo | null }>(
  () => ({
    modelId: null,
    event: null,
    error: null,
  }),
)

let controller: AbortController | null = null

/** Ends the run; what was measured is kept. */
export function stopBenchmark(): void {
  controller?.abort()
}

/** Measures a model to its end. */
export async function runBenchmark(modelId: string): Promise<void> {
  const own = new AbortController()
  controller = own
  useBenchmark.setState({ modelId, event: null, error: null })
  try {
    const events = await call((core) => core.benchmark.run({ modelId }, { signal: own.signal }))
    for await (const event of events) useBenchmark.setState({ event })
  } catch (thrown) {
    if (!own.signal.aborted) useBenchmark.setState({ error: toAppError(thrown).toInfo() })
  } finally {
    useBenchmark.setState({ modelId: null, event: null })
  }
}

/** The benchmarks of a model, newest first. */
export const benchmarksOf = (modelId: string): Promise<BenchmarkResult[]> =>
  call((core) => core.benchmark.results({ modelId }))

/** A result as the text of a CSV file. */
export const benchmarkAsCsv = async (id: string): Promise<string> =>
  (await call((core) => core.benchmark.export({ id, format: 'csv' }))).text
