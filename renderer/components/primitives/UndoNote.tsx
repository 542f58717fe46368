import { t } from '@lingui/core/macro'
import { TriangleAlert, X } from 'lucide-react'
import { useEffect, useEffectEvent, useRef } from 'react'
import type { ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'
import { shortcut } from '../../lib/platform.ts'
import { Button, IconButton } from './Button.tsx'

/** How long it stays, in ms; what was deleted is in the trash afterwards. */
const SHOWN_MS = 20_000

/**
 * What was done last, in a line, with the way back; or why it could not be done. It goes after a while, unless it has the
 * focus or the pointer.
 */
export function UndoNote({
  text,
  isFailure = false,
  undo,
  undoLabel = t`Undo`,
  onDismiss,
  onGone = onDismiss,
  className,
  ...props
}: {
  text: string
  isFailure?: boolean
  /** Takes it back; null: that cannot be. */
  undo: (() => void) | null
  undoLabel?: string
  onDismiss: () => void
  /** It went by itself; unset: as when it is dismissed. */
  onGone?: () => void
  className?: string
  [data: `data-${string}`]: boolean
}): ReactNode {
  const frame = useRef<HTMLDivElement>(null)
  const go = useEffectEvent(onGone)
  useEffect(() => {
    if (isFailure) return
    const look = (): void => {
      if (frame.current?.matches(':hover, :focus-within')) timer = setTimeout(look, SHOWN_MS)
      else go()
    }
    let timer = setTimeout(look, SHOWN_MS)
    return () => clearTimeout(timer)
  }, [text, isFailure])
  return (
    <div
      {...props}
      ref={frame}
      role={isFailure ? 'alert' : 'group'}
      aria-label={isFailure ? undefined : t`What was done last`}
      className={cx('flex items-center gap-1 rounded-md border border-hairline bg-raised py-1 pr-1 pl-2.5', className)}
    >
      {isFailure ? <TriangleAlert className="size-4 shrink-0 text-danger" aria-hidden /> : null}
      <p className={cx('min-w-0 flex-1 [overflow-wrap:anywhere]', !isFailure && 'line-clamp-2')} title={text}>
        {text}
      </p>
      {undo ? (
        <Button
          kind="quiet"
          className="h-6 px-1.5 text-accent!"
          aria-keyshortcuts="Control+Z Meta+Z"
          title={shortcut('Z')}
          onClick={undo}
        >
          {undoLabel}
        </Button>
      ) : null}
      <IconButton label={t`Dismiss`} size="small" onClick={onDismiss}>
        <X />
      </IconButton>
    </div>
  )
}
