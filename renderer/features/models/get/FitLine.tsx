import type { ReactNode } from 'react'
import type { Fit, Machine } from '#contract'
import { cx } from '../../../lib/cx.ts'
import { bytes, count } from '../../../lib/format.ts'

/** A line that says which device a model would run on here, and how fast. */
export function FitLine({ fit }: { fit: Fit }): ReactNode {
  const level = levels[fit.level]
  return (
    <p className="mt-1 flex flex-wrap items-center gap-x-2">
      <span className={cx('size-2 shrink-0 rounded-full', level.dot)} aria-hidden />
      <span>
        {level.label}
        {fit.speed ? `, ${fit.speed}` : null}
      </span>
    </p>
  )
}

/** The text and the colour of each level of fit. */
export const levels: Record<Fit['level'], { readonly label: string; readonly dot: string }> = {
  gpu: { label: 'Graphics card', dot: 'bg-ok' },
  partial: { label: 'Graphics card and processor', dot: 'bg-ok' },
  cpu: { label: 'Processor', dot: 'bg-accent' },
  no: { label: 'Too large', dot: 'bg-danger' },
}

/** The hardware of this computer in a line: "2 cores, 24 GB of memory, no graphics card. 120 GB free for models." */
export function machineWords({ cores, memoryBytes, gpus, freeDiskBytes }: Machine): string {
  const cards = gpus.map(({ name, memoryBytes: memory, isShared }) =>
    isShared ? name : `${name} with ${bytes(memory)}`,
  )
  const has = [
    `${count(cores)} ${cores === 1 ? 'core' : 'cores'}`,
    `${bytes(memoryBytes)} of memory`,
    cards.join(' and ') || 'no graphics card',
  ]
  return `${has.join(', ')}. ${bytes(freeDiskBytes)} free on the disk.`
}
