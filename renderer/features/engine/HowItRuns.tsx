import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import type { DeviceInfo, EngineStatus, PlanPart } from '#contract'
import { Info } from 'lucide-react'
import { Fragment } from 'react'
import type { ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'
import { bytes, tokens } from '../../lib/format.ts'
import { computesOn, looksWith, noGpuText, planFigures } from './modelStatus.ts'
import type { MemoryKind } from './modelStatus.ts'

/** The device that computes and why, the size of the context, and the model's memory by device, once they are known. */
export function HowItRuns({ status }: { status: EngineStatus }): ReactNode {
  const { plan, vision, noGpuReason, note, devices, contextTokens, residentBytes } = status
  const computes = computesOn(status)
  if (computes === null) return null
  return (
    <section aria-label={t`How it runs`} className="mt-3 border-t border-hairline pt-3">
      <h3 className="mb-1 font-semibold">{t`How it runs`}</h3>
      <p className="[overflow-wrap:anywhere] tabular-nums">{computes}</p>
      {noGpuReason === null ? null : (
        <p className="mt-0.5 text-muted [overflow-wrap:anywhere]">{noGpuText(noGpuReason)}</p>
      )}
      {vision === null ? null : (
        <p className="mt-0.5 text-muted [overflow-wrap:anywhere]">{t`Looks at pictures with ${looksWith(vision)}`}</p>
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
            <dt className="text-muted">{t`Context`}</dt>
            <dd className="text-right">{tokens(contextTokens ?? plan.contextTokens)}</dd>
            <dt className="text-muted">{t`Process memory now`}</dt>
            <dd className="text-right">{residentBytes === null ? t`Not measured yet` : bytes(residentBytes)}</dd>
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

const labels: Record<MemoryKind, string> = {
  weights: t`Weights`,
  projector: t`Projector`,
  kv: t`Context (KV)`,
  picture: t`Pictures`,
  overhead: t`Other`,
}

/** The accent and its neighbours: the two files of the model in blue, what a conversation takes in green and violet. */
const colours: Record<MemoryKind, string> = {
  weights: 'bg-accent',
  projector: 'bg-[color-mix(in_oklab,var(--accent)_70%,var(--raised))]',
  kv: 'bg-[oklch(from_var(--accent)_l_calc(c*0.65)_180)]',
  picture: 'bg-[oklch(from_var(--accent)_l_c_320)]',
  overhead: 'bg-control',
}

/** The memory that the plan takes on one device, as a bar over what was free there, and as figures that add up. */
function MemoryBar({ part, device }: { part: PlanPart; device: DeviceInfo | undefined }): ReactNode {
  const { entries, total } = planFigures(part)
  const isCpu = device?.kind === 'cpu'
  const name = isCpu ? t`This computer` : device?.description || part.device
  const rest = Math.max(0, part.free - part.total)
  return (
    <section aria-label={t`Memory: ${name}`} className="tabular-nums">
      <h4 className="text-muted [overflow-wrap:anywhere]">{name}</h4>
      {!isCpu && device?.isShared ? (
        <p className="text-small text-subtle">{t`Part of this computer’s memory`}</p>
      ) : null}
      <div className="mt-1.5 mb-2 flex h-2 gap-px overflow-hidden rounded-full" aria-hidden>
        {entries.map(({ kind, bytes: size }) => (
          <span key={kind} className={cx('min-w-0.5', colours[kind])} style={{ flex: `${size} 0 0` }} />
        ))}
        <span className="bg-active" style={{ flex: `${rest} 0 0` }} />
      </div>
      <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-0.5">
        {entries.map(({ kind, bytes: size, text }) => (
          <Fragment key={kind}>
            <dt className="flex items-center gap-2">
              <span className={cx('size-2 shrink-0 rounded-[2px]', colours[kind])} aria-hidden />
              {labels[kind]}
            </dt>
            <dd className="text-right">
              <data value={size}>{text}</data>
            </dd>
          </Fragment>
        ))}
        <dt className="mt-1 border-t border-hairline pt-1 text-muted">
          <Trans>
            <span className="font-medium text-ink">Planned</span> of {bytes(part.free)} free
          </Trans>
        </dt>
        <dd className="mt-1 -ml-4 border-t border-hairline pt-1 text-right font-medium">
          <data value={part.total}>{total}</data>
        </dd>
      </dl>
    </section>
  )
}
