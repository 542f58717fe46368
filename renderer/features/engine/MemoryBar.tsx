import { Fragment, type ReactNode } from 'react'
import type { DeviceInfo, PlanPart } from '#contract'
import { cx } from '../../lib/cx.ts'
import { bytes } from '../../lib/format.ts'
import { planFigures, type MemoryKind } from './planFigures.ts'

const labels: Record<MemoryKind, string> = {
  weights: 'Weights',
  projector: 'Projector',
  kv: 'Context (KV)',
  picture: 'Pictures',
  overhead: 'Other',
}

/** The accent and its neighbours: the two files of the model in blue, what a conversation takes in green and violet. */
const colours: Record<MemoryKind, string> = {
  weights: 'bg-accent',
  projector: 'bg-[color-mix(in_oklab,var(--accent)_70%,var(--raised))]',
  kv: 'bg-[oklch(from_var(--accent)_l_calc(c*0.65)_180)]',
  picture: 'bg-[oklch(from_var(--accent)_l_c_320)]',
  overhead: 'bg-control',
}

/** What the plan puts on one device, as a bar over what was free there, and figures that add up. */
export function MemoryBar({ part, device }: { part: PlanPart; device: DeviceInfo | undefined }): ReactNode {
  const { entries, total } = planFigures(part)
  const isCpu = device?.kind === 'cpu'
  const name = isCpu ? 'This computer' : device?.description || part.device
  const rest = Math.max(0, part.free - part.total)
  return (
    <section aria-label={`Memory: ${name}`} className="tabular-nums">
      <h4 className="text-muted [overflow-wrap:anywhere]">{name}</h4>
      {!isCpu && device?.isShared ? <p className="text-small text-subtle">Part of this computer’s memory</p> : null}
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
          <span className="font-medium text-ink">Planned</span> of {bytes(part.free)} free
        </dt>
        <dd className="mt-1 -ml-4 border-t border-hairline pt-1 text-right font-medium">
          <data value={part.total}>{total}</data>
        </dd>
      </dl>
    </section>
  )
}
