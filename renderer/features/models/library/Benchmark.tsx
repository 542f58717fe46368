import { useEffect, useState, type ReactNode } from 'react'
import type { BenchmarkResult, ErrorInfo } from '#contract'
import { Button } from '../../../components/primitives/Button.tsx'
import { ErrorNote } from '../../../components/primitives/ErrorNote.tsx'
import { ProgressBar } from '../../../components/primitives/ProgressBar.tsx'
import { toAppError } from '../../../lib/errors.ts'
import { useCopied } from '../../../lib/useCopied.ts'
import { benchmarkAsCsv, benchmarksOf, runBenchmark, stopBenchmark, useBenchmark } from './benchmarks.ts'
import { BenchmarkTable } from './BenchmarkTable.tsx'

/** How fast a model is here: the last measurement, and the way to measure again. */
export function Benchmark({ id, name }: { id: string; name: string }): ReactNode {
  const { modelId, event, error } = useBenchmark()
  const [results, setResults] = useState<readonly BenchmarkResult[] | null>(null)
  const [failure, setFailure] = useState<ErrorInfo | null>(null)
  const [copied, copy] = useCopied()
  const isRunning = modelId === id
  useEffect(() => {
    if (isRunning) return
    let isOver = false
    benchmarksOf(id).then(
      (known) => isOver || setResults(known),
      (thrown: unknown) => isOver || setFailure(toAppError(thrown).toInfo()),
    )
    return () => {
      isOver = true
    }
  }, [id, isRunning])
  const result = isRunning ? (event?.result ?? null) : (results?.[0] ?? null)
  const message = (isRunning ? null : error)?.message ?? failure?.message
  const copyResult = (one: BenchmarkResult): void => {
    benchmarkAsCsv(one.id).then(copy, (thrown: unknown) => setFailure(toAppError(thrown).toInfo()))
  }
  return (
    <div className="pt-1 pb-3">
      {result && result.rows.length > 0 ? <BenchmarkTable result={result} /> : null}
      {!result && results !== null && !isRunning ? (
        <p className="text-muted">Not measured yet. It takes some minutes, and nothing else should run meanwhile.</p>
      ) : null}
      {isRunning ? (
        <div className="mt-3 flex items-center gap-3">
          <div className="min-w-0 flex-1">
            <p className="mb-1.5 text-muted">{event?.doing ?? 'Loading the model…'}</p>
            <ProgressBar
              label={`Measuring ${name}`}
              share={event && event.total > 0 ? event.done / event.total : null}
            />
          </div>
          <Button onClick={stopBenchmark}>Stop</Button>
        </div>
      ) : (
        <div className="mt-3 flex flex-wrap gap-2">
          <Button disabled={modelId !== null} onClick={() => void runBenchmark(id)}>
            {result ? 'Measure again' : 'Measure'}
          </Button>
          {result ? <Button onClick={() => copyResult(result)}>{copied ? 'Copied' : 'Copy as CSV'}</Button> : null}
        </div>
      )}
      {message ? <ErrorNote message={message} className="mt-3" /> : null}
    </div>
  )
}
