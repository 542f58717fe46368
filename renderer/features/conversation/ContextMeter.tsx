import type { ReactNode } from 'react'
import { useShallow } from 'zustand/react/shallow'
import { cx } from '../../lib/cx.ts'
import { count, percent, tokens } from '../../lib/format.ts'
import { contextUse } from './answerText.ts'
import { useOpenConversation } from './store.ts'

/** From this share on the context is nearly full. */
const NEARLY_FULL = 0.85

/** A meter of the context that the conversation has used; it becomes a warning when little is left. */
export function ContextMeter(): ReactNode {
  const use = useOpenConversation(useShallow(contextUse))
  if (!use || use.total <= 0) return null
  const share = Math.min(1, use.used / use.total)
  const tight = share >= NEARLY_FULL
  const left = Math.max(0, use.total - use.used)
  const text = `${count(use.used)} of ${count(use.total)} tokens of context used`
  return (
    <div
      role="meter"
      aria-label="Context"
      aria-valuemin={0}
      aria-valuemax={use.total}
      aria-valuenow={Math.min(use.used, use.total)}
      aria-valuetext={text}
      title={text}
      className={cx(
        'hidden items-center gap-2 text-small tabular-nums mid:flex',
        tight ? 'text-warning' : 'text-muted',
      )}
    >
      <span className="h-1 w-12 overflow-hidden rounded-full bg-active">
        <span
          className={cx('block h-full rounded-full', tight ? 'bg-warning' : 'bg-control')}
          style={{ width: `${share * 100}%` }}
        />
      </span>
      {tight ? (left === 0 ? 'Context full' : `${tokens(left)} left`) : percent(share)}
    </div>
  )
}
