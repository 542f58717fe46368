import { TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
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
