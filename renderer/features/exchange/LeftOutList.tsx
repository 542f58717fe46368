import { t } from '@lingui/core/macro'
import type { LeftOut } from '#contract'
import type { ReactNode } from 'react'
import { count } from '../../lib/format.ts'

/** What is not in an export or was not imported, and why; nothing where all of it is. */
export function LeftOutList({ leftOut }: { leftOut: readonly LeftOut[] }): ReactNode {
  if (leftOut.length === 0) return null
  return (
    <section aria-label={t`Left out`}>
      <h3 className="mb-1 font-medium">{t`Left out`}</h3>
      <ul className="flex flex-col gap-1.5 text-muted">
        {leftOut.map(({ why, count: number, examples }) => (
          <li key={why} className="grid grid-cols-[auto_1fr] gap-x-2.5 [overflow-wrap:anywhere]">
            <span className="min-w-3 tabular-nums">{count(number)}</span>
            <span>
              {why}
              {examples.length > 0 ? (
                <span className="block text-small text-subtle">
                  {examples.join(', ')}
                  {number > examples.length ? ', …' : ''}
                </span>
              ) : null}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
