import type { ReactNode } from 'react'
import type { Fit, Machine } from '#contract'
import { cx } from '../../../lib/cx.ts'
import { bytes, count } from '../../../lib/format.ts'

/** Where a model would be computed here, and how fast that feels. */
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

/** Where a model would be computed, in a few words, and the tone of its mark. */
export const levels: Record<Fit['level'], { readonly label: string; readonly dot: string }> = {
  gpu: { label: 'Graphics card', dot: 'bg-ok' },
  partial: { label: 'Graphics card and processor', dot: 'bg-ok' },
  cpu: { label: 'Processor', dot: 'bg-accent' },
  no: { label: 'Too large', dot: 'bg-danger' },
}

/** What this computer has, in a line: "2 cores, 24 GB of memory, no graphics card. 120 GB free for models." */
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
