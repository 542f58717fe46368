import type { ReactNode } from 'react'
import type { Message } from '#contract'
import { count } from '../../lib/format.ts'

/** Says that an answer did not get to see the oldest messages; nothing when it did. */
export function LeftOut({ message }: { message: Message }): ReactNode {
  if (message.leftOut === 0) return null
  return (
    <p className="text-small text-muted">
      The {count(message.leftOut)} oldest messages are left out of this question, to fit the context.
    </p>
  )
}
