import { AlertDialog } from '@base-ui/react/alert-dialog'
import { Dialog } from '@base-ui/react/dialog'
import type { ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'

const backdrop =
  'fixed inset-0 bg-backdrop transition-opacity duration-150 data-[ending-style]:opacity-0 data-[starting-style]:opacity-0'
const popup =
  'float-motion fixed top-1/2 left-1/2 max-h-[min(720px,calc(100dvh-32px))] -translate-x-1/2 -translate-y-1/2 overflow-hidden rounded-lg border border-hairline bg-raised text-ink shadow-float outline-none'

/** The floating frame of a dialog over a dimmed window; goes inside a dialog's root. */
export function PopupFrame({
  kind,
  className,
  children,
}: {
  kind: 'dialog' | 'alert'
  className?: string
  children: ReactNode
}): ReactNode {
  const Parts = kind === 'alert' ? AlertDialog : Dialog
  return (
    <Parts.Portal>
      <Parts.Backdrop className={backdrop} />
      <Parts.Popup className={cx(popup, className)}>{children}</Parts.Popup>
    </Parts.Portal>
  )
}
