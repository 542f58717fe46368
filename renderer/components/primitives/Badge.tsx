import type { ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'

const tones = {
  plain: 'border-hairline text-muted',
  accent: 'border-transparent bg-accent-soft text-ink',
  warning: 'border-transparent bg-warning-soft text-warning',
  danger: 'border-transparent bg-danger-soft text-danger',
}

/** A word or two that say what something is. */
export function Badge({
  tone = 'plain',
  className,
  children,
}: {
  tone?: keyof typeof tones
  className?: string
  children: ReactNode
}): ReactNode {
  return (
    <span
      className={cx(
        'inline-flex h-5 shrink-0 items-center gap-1 rounded-md border px-1.5 text-small font-medium whitespace-nowrap [&>svg]:size-3',
        tones[tone],
        className,
      )}
    >
      {children}
    </span>
  )
}

/** The number of a picture among several, or the name of a video, in its corner. */
export function NumberBadge({ children }: { children: ReactNode }): ReactNode {
  return (
    <span className="absolute top-1 left-1 flex h-6 min-w-6 items-center justify-center rounded-md border border-hairline bg-raised px-1 text-small font-medium text-ink tabular-nums">
      {children}
    </span>
  )
}
