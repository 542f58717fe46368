import { Info } from 'lucide-react'
import type { ReactNode } from 'react'
import type { EngineStatus } from '#contract'
import { bytes, tokens } from '../../lib/format.ts'
import { MemoryBar } from './MemoryBar.tsx'
import { computesOn, noGpuWords } from './planWords.ts'

/** What computes and why, how large the context is, and where the model lies in memory. Nothing before it is known. */
export function HowItRuns({ status }: { status: EngineStatus }): ReactNode {
  const { plan, noGpuReason, note, devices, contextTokens, residentBytes } = status
  const computes = computesOn(status)
  if (computes === null) return null
  return (
    <section aria-label="How it runs" className="mt-3 border-t border-hairline pt-3">
      <h3 className="mb-1 font-semibold">How it runs</h3>
      <p className="[overflow-wrap:anywhere] tabular-nums">{computes}</p>
      {noGpuReason === null ? null : (
        <p className="mt-0.5 text-muted [overflow-wrap:anywhere]">{noGpuWords(noGpuReason)}</p>
      )}
      {note === null ? null : (
        <p className="mt-2 flex items-start gap-2 [overflow-wrap:anywhere]">
          <Info className="mt-0.5 size-3.5 shrink-0 text-muted" aria-hidden />
          {note}
        </p>
      )}
      {plan ? (
        <>
          <dl className="mt-3 grid grid-cols-[1fr_auto] gap-x-4 gap-y-0.5 tabular-nums">
            <dt className="text-muted">Context</dt>
            <dd className="text-right">{tokens(contextTokens ?? plan.contextTokens)}</dd>
            <dt className="text-muted">Process memory now</dt>
            <dd className="text-right">{residentBytes === null ? 'Not measured yet' : bytes(residentBytes)}</dd>
          </dl>
          <div className="mt-3 flex flex-col gap-4">
            {plan.parts.map((part) => (
              <MemoryBar key={part.device} part={part} device={devices.find(({ name }) => name === part.device)} />
            ))}
          </div>
        </>
      ) : null}
    </section>
  )
}
