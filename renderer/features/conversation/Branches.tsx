import { ChevronLeft, ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Message } from '#contract'
import { IconButton } from '../../components/primitives/IconButton.tsx'
import { announce } from '../../lib/announce.ts'
import { toAppError } from '../../lib/errors.ts'
import { selectBranch } from './store.ts'

/** "2 / 3" with arrows, where a message has alternatives. */
export function Branches({ message }: { message: Message }): ReactNode {
  const { siblings } = message
  if (siblings.length < 2) return null
  const index = siblings.indexOf(message.id)
  const show = (to: number): void => {
    const id = siblings[to]
    if (id) selectBranch(id).catch((thrown: unknown) => announce(toAppError(thrown).message))
  }
  return (
    <div
      className="flex items-center text-small text-muted"
      role="group"
      aria-label={`Version ${index + 1} of ${siblings.length}`}
    >
      <IconButton label="Previous version" size="small" disabled={index <= 0} onClick={() => show(index - 1)}>
        <ChevronLeft />
      </IconButton>
      <span className="tabular-nums" aria-hidden>
        {index + 1} / {siblings.length}
      </span>
      <IconButton
        label="Next version"
        size="small"
        disabled={index >= siblings.length - 1}
        onClick={() => show(index + 1)}
      >
        <ChevronRight />
      </IconButton>
    </div>
  )
}
