import type { ReactNode } from 'react'

/** The place of a picture among several, in its corner. */
export function NumberBadge({ number }: { number: number }): ReactNode {
  return (
    <span className="absolute top-1 left-1 flex h-6 min-w-6 items-center justify-center rounded-md border border-hairline bg-raised px-1 text-small font-medium text-ink tabular-nums">
      {number}
    </span>
  )
}
