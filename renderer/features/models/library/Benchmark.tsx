import { t } from '@lingui/core/macro'
import type { BenchmarkEvent, BenchmarkResult, BenchmarkRow, ErrorInfo } from '#contract'
import { Fragment, useEffect, useState } from 'react'
import type { ReactNode } from 'react'
import { create } from 'zustand'
import { Button } from '../../../components/primitives/Button.tsx'
import { ErrorNote, ProgressBar } from '../../../components/primitives/Feedback.tsx'
import { useCopied } from '../../../lib/copyAndSave.ts'
import { toAppError } from '../../../lib/errors.ts'
import { bytes, count, day, duration } from '../../../lib/format.ts'
import { call } from '../../../lib/rpc.ts'
import { useToday } from '../../../lib/useToday.ts'
import { formatLocale } from '../../../lib/i18n.ts'

/** The benchmark that is running, and why the last one failed. It runs on when the panel of its model is closed. */
const useBenchmark = create<{ modelId: string | null; event: BenchmarkEvent | null; error: ErrorInfo | null }>(() => ({
  modelId: null,
  event: null,
  error: null,
}))

let controller: AbortController | null = null

/** Ends the run; what was measured is kept. */
function stopBenchmark(): void {
  controller?.abort()
}

/** Measures a model to its end. */
async function runBenchmark(modelId: string): Promise<void> {
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
const benchmarksOf = (modelId: string): Promise<BenchmarkResult[]> =>
  call((core) => core.benchmark.results({ modelId }))

/** A result as the text of a CSV file. */
const benchmarkAsCsv = async (id: string): Promise<string> =>
  (await call((core) => core.benchmark.export({ id, format: 'csv' }))).text

/** The speed of a model on this computer: the last benchmark, and a button that runs another. */
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
        <p className="text-muted">{t`Not measured yet. It takes some minutes, and nothing else should run meanwhile.`}</p>
      ) : null}
      {isRunning ? (
        <div className="mt-3 flex items-center gap-3">
          <div className="min-w-0 flex-1">
            <p className="mb-1.5 text-muted">{event?.doing ?? t`Loading the model…`}</p>
            <ProgressBar
              label={t`Measuring ${name}`}
              share={event && event.total > 0 ? event.done / event.total : null}
            />
          </div>
          <Button onClick={stopBenchmark}>{t`Stop`}</Button>
        </div>
      ) : (
        <div className="mt-3 flex flex-wrap gap-2">
          <Button disabled={modelId !== null} onClick={() => void runBenchmark(id)}>
            {result ? t`Measure again` : t`Measure`}
          </Button>
          {result ? <Button onClick={() => copyResult(result)}>{copied ? t`Copied` : t`Copy as CSV`}</Button> : null}
        </div>
      )}
      {message ? <ErrorNote message={message} className="mt-3" /> : null}
    </div>
  )
}

const oneDecimal = new Intl.NumberFormat(formatLocale(), { maximumFractionDigits: 1, minimumFractionDigits: 1 })
const isText = (row: BenchmarkRow): row is Extract<BenchmarkRow, { kind: 'text' }> => row.kind === 'text'
const isPicture = (row: BenchmarkRow): row is Extract<BenchmarkRow, { kind: 'picture' }> => row.kind === 'picture'
const isSkipped = (row: BenchmarkRow): row is Extract<BenchmarkRow, { kind: 'skipped' }> => row.kind === 'skipped'
const head = 'pb-1 pl-3 text-right font-normal text-muted first:pl-0 first:text-left'
const cell = 'py-0.5 pl-3 text-right whitespace-nowrap first:pl-0 first:text-left'

/** One measurement: speed by length of the input, pictures by their size, and what was left out. */
function BenchmarkTable({ result }: { result: BenchmarkResult }): ReactNode {
  const today = useToday()
  const { rows, machine, published } = result
  const measuredOn = [machine.backend, machine.cpu].filter(Boolean).join(', ')
  const texts = rows.filter(isText)
  const pictures = rows.filter(isPicture)
  const skipped = rows.filter(isSkipped)
  return (
    <div className="flex flex-col gap-4 tabular-nums">
      {texts.length > 0 ? (
        <table className="w-full">
          <caption className="sr-only">{t`Speed by length of the input`}</caption>
          <thead>
            <tr>
              <th className={head}>{t`Input`}</th>
              <th className={head}>{t`Reads/s`}</th>
              <th className={head}>{t`Writes/s`}</th>
              <th className={head}>{t`Memory`}</th>
            </tr>
          </thead>
          <tbody>
            {texts.map((row) => (
              <Fragment key={row.inputTokens}>
                <tr>
                  <td className={cell}>{count(row.inputTokens)}</td>
                  <td className={cell}>
                    {row.prefillTokensPerSecond === null ? '–' : oneDecimal.format(row.prefillTokensPerSecond)}
                  </td>
                  <td className={cell}>{oneDecimal.format(row.tokensPerSecond)}</td>
                  <td className={cell}>{bytes(row.memoryBytes + row.gpuBytes)}</td>
                </tr>
                {row.published.map((one) => (
                  <tr key={one.quantization} className="text-small text-subtle">
                    <td className={cell} colSpan={2}>{t`published, ${one.quantization}`}</td>
                    <td className={cell}>{oneDecimal.format(one.tokensPerSecond)}</td>
                    <td className={cell}>{bytes(one.memoryBytes)}</td>
                  </tr>
                ))}
              </Fragment>
            ))}
          </tbody>
        </table>
      ) : null}
      {pictures.length > 0 ? (
        <table className="w-full">
          <caption className="sr-only">{t`Time for a picture by its size`}</caption>
          <thead>
            <tr>
              <th className={head}>{t`Picture`}</th>
              <th className={head}>{t`Tokens`}</th>
              <th className={head}>{t`Time`}</th>
            </tr>
          </thead>
          <tbody>
            {pictures.map((row) => (
              <tr key={row.side}>
                <td className={cell}>
                  {row.side} × {row.side}
                </td>
                <td className={cell}>{count(row.pictureTokens)}</td>
                <td className={cell}>{duration(row.encodeMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {skipped.length > 0 ? (
        <ul aria-label={t`Left out`} className="flex flex-col gap-1 text-muted">
          {skipped.map(({ what, reason }) => (
            <li key={what} className="first-letter:uppercase">
              {what}: {reason}
            </li>
          ))}
        </ul>
      ) : null}
      <p className="text-small text-subtle">
        {result.isComplete
          ? t`In tokens, measured ${day(result.startedAt, today)} on ${measuredOn}.`
          : t`In tokens, measured ${day(result.startedAt, today)}, not to its end, on ${measuredOn}.`}
        {published ? ` ${t`Published figures: ${published.name}, on ${published.environment}.`}` : null}
      </p>
    </div>
  )
}
