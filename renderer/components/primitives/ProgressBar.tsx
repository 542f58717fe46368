import type { ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'

/** A thin bar of progress. `share` is 0..1, or null while it is not known. `quiet` is the look of work that waits. */
export function ProgressBar({
  label,
  share,
  quiet = false,
  className,
}: {
  label: string
  share: number | null
  quiet?: boolean
  className?: string
}): ReactNode {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={share === null ? undefined : Math.floor(share * 100)}
      className={cx('relative h-1 overflow-hidden rounded-full bg-active', className)}
    >
      {share === null ? (
        <div className="work-edge h-full!" />
      ) : (
        <div
          className={cx(
            'h-full origin-left rounded-full transition-transform duration-150',
            quiet ? 'bg-control' : 'bg-accent',
          )}
          style={{ transform: `scaleX(${share})` }}
        />
      )}
    </div>
  )
}
