import type { ReactNode } from 'react'
import type { Fit } from '#contract'
import { cx } from '../../../lib/cx.ts'
import { levels } from './words.ts'

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
