import type { ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'
import { count, tokens } from '../../lib/format.ts'
import { waitsFor, type Draft } from './draft.ts'

/** What the question costs: its tokens and the conversation's of the context; says so when they do not fit. */
export function TokenLine({ draft }: { draft: Draft }): ReactNode {
  const { totals, pictures, text } = draft
  const base = 'min-w-0 flex-1 text-small tabular-nums'
  const waits = waitsFor(draft)
  if (waits !== null) {
    return (
      <p className={cx(base, 'text-subtle tabular-nums', waits.endsWith('…') && 'truncate')} data-testid="waits-for">
        {waits}
      </p>
    )
  }
  if (!totals || (pictures.length === 0 && text.trim() === '')) {
    return <p className={cx(base, 'truncate text-subtle')}>{draft.preparing ? 'Looking at the pictures…' : ''}</p>
  }
  const used = totals.conversation + totals.question
  const free = Math.max(0, totals.context - totals.conversation)
  if (totals.context > 0 && used > totals.context) {
    return (
      <p className={cx(base, 'text-danger')} role="status">
        This needs {tokens(totals.question)}; {count(free)} are free.{' '}
        {pictures.length > 0 ? 'Take out a picture, lower the detail' : 'Shorten it'} or start a new conversation.
      </p>
    )
  }
  return (
    <p className={cx(base, 'truncate text-subtle')} data-testid="token-line">
      {tokens(totals.question)}
      {totals.context > 0 ? ` · ${count(used)} of ${count(totals.context)} used` : ''}
    </p>
  )
}
