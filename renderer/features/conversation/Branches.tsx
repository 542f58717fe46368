import type { Message } from '#contract'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'
import { IconButton } from '../../components/primitives/Button.tsx'
import { announce } from '../../lib/announce.ts'
import { toAppError } from '../../lib/errors.ts'
import { selectBranch } from './store.ts'
import { switched, takeFocus } from './switching.ts'

/** "2 / 3" with arrows, where a message has alternatives. The arrow keys go from one to the next, and the focus with them. */
export function Branches({ message }: { message: Message }): ReactNode {
  const { id, siblings } = message
  const group = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const towards = takeFocus(id)
    if (towards === null) return
    const [previous, next] = group.current?.querySelectorAll('button') ?? []
    const wanted = towards < 0 ? previous : next
    ;(wanted?.disabled ? (towards < 0 ? next : previous) : wanted)?.focus()
  }, [id])
  if (siblings.length < 2) return null
  const index = siblings.indexOf(id)
  const go = (by: -1 | 1): void => {
    const to = siblings[index + by]
    if (to === undefined) return
    switched(to, by)
    selectBranch(to).then(
      () => announce(`Version ${index + by + 1} of ${siblings.length}`),
      (thrown: unknown) => announce(toAppError(thrown).message),
    )
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
    event.preventDefault()
    go(event.key === 'ArrowLeft' ? -1 : 1)
  }
  return (
    <div
      ref={group}
      className="flex items-center text-small text-muted"
      role="group"
      aria-label={`Version ${index + 1} of ${siblings.length}`}
      onKeyDown={onKeyDown}
    >
      <IconButton label="Previous version" hint="←" size="small" disabled={index <= 0} onClick={() => go(-1)}>
        <ChevronLeft />
      </IconButton>
      <span className="tabular-nums" aria-hidden>
        {index + 1} / {siblings.length}
      </span>
      <IconButton
        label="Next version"
        hint="→"
        size="small"
        disabled={index >= siblings.length - 1}
        onClick={() => go(1)}
      >
        <ChevronRight />
      </IconButton>
    </div>
  )
}
