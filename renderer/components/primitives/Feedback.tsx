import { TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { useAnnouncement } from '../../lib/announce.ts'
import { cx } from '../../lib/cx.ts'

/** An error in the place where it happened: what happened, what to do, and buttons that do it. */
export function ErrorNote({
  message,
  className,
  children,
}: {
  message: string
  className?: string
  children?: ReactNode
}): ReactNode {
  return (
    <div
      role="alert"
      className={cx(
        'flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg bg-danger-soft px-3 py-2.5 text-ui text-ink',
        className,
      )}
    >
      <TriangleAlert className="size-4 shrink-0 text-danger" aria-hidden />
      <p className="min-w-[12rem] flex-1 [overflow-wrap:anywhere]">{message}</p>
      {children ? <div className="flex flex-wrap gap-2">{children}</div> : null}
    </div>
  )
}

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

/** The live region from which screen readers read what `announce` says. */
export function LiveRegion(): ReactNode {
  const text = useAnnouncement((state) => state.text)
  return (
    <div role="status" aria-live="polite" className="sr-only" data-testid="announcement">
      {text}
    </div>
  )
}
