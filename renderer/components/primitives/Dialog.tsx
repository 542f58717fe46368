import { t } from '@lingui/core/macro'
import type { ErrorInfo } from '#contract'
import { AlertDialog } from '@base-ui/react/alert-dialog'
import { Dialog } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'
import { toAppError } from '../../lib/errors.ts'
import { Button, buttonClass, iconButtonClass } from './Button.tsx'
import { ErrorNote } from './Feedback.tsx'

const backdrop =
  'fixed inset-0 bg-backdrop transition-opacity duration-150 data-[ending-style]:opacity-0 data-[starting-style]:opacity-0'
const popup =
  'float-motion fixed top-1/2 left-1/2 max-h-[min(720px,calc(100dvh-32px))] -translate-x-1/2 -translate-y-1/2 overflow-hidden rounded-lg border border-hairline bg-raised text-ink shadow-float outline-none'

/** The floating frame of a dialog over a dimmed window; goes inside a dialog's root. */
export function PopupFrame({
  kind,
  className,
  children,
  ...focus
}: {
  kind: 'dialog' | 'alert'
  className?: string
  /** What gets the focus when it is closed, where that is not what had it before. */
  finalFocus?: () => HTMLElement | null
  children: ReactNode
}): ReactNode {
  const Parts = kind === 'alert' ? AlertDialog : Dialog
  return (
    <Parts.Portal>
      {/* over another dialog too, which would else seem a part of it */}
      <Parts.Backdrop className={backdrop} forceRender />
      <Parts.Popup className={cx(popup, className)} {...focus}>
        {children}
      </Parts.Popup>
    </Parts.Portal>
  )
}

/** A dialog with a title, a close button and scrolling content. */
export function DialogFrame({
  open,
  onOpenChange,
  title,
  description,
  finalFocus,
  isText = false,
  children,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  description?: string
  /** There is nothing in it but text, which the keyboard scrolls. */
  isText?: boolean
  /** What gets the focus when it is closed, where that is not what had it before. */
  finalFocus?: () => HTMLElement | null
  children: ReactNode
}): ReactNode {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <PopupFrame
        kind="dialog"
        className="flex w-[min(560px,calc(100vw-32px))] flex-col"
        {...(finalFocus && { finalFocus })}
      >
        <header className="flex items-start justify-between gap-4 border-b border-hairline py-3 pr-3 pl-5">
          <div className="pt-1">
            <Dialog.Title className="text-read font-semibold">{title}</Dialog.Title>
            {description ? <Dialog.Description className="text-muted">{description}</Dialog.Description> : null}
          </div>
          <Dialog.Close className={iconButtonClass()} aria-label={t`Close`}>
            <X />
          </Dialog.Close>
        </header>
        <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4" tabIndex={isText ? 0 : undefined}>
          {children}
        </div>
      </PopupFrame>
    </Dialog.Root>
  )
}

/**
 * Asks before something that cannot be undone; `children` stand below the description. Closes when `onConfirm` has
 * worked; else shows why it did not.
 */
export function Confirm({
  open,
  onOpenChange,
  title,
  description,
  action,
  onConfirm,
  children,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  description: string
  action: string
  onConfirm: () => Promise<void>
  children?: ReactNode
}): ReactNode {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ErrorInfo | null>(null)
  const change = (next: boolean): void => {
    setError(null)
    onOpenChange(next)
  }
  const confirm = async (): Promise<void> => {
    setBusy(true)
    try {
      await onConfirm()
      change(false)
    } catch (thrown) {
      setError(toAppError(thrown).toInfo())
    } finally {
      setBusy(false)
    }
  }
  return (
    <AlertDialog.Root open={open} onOpenChange={change}>
      <PopupFrame kind="alert" className="w-[min(420px,calc(100vw-32px))] p-5">
        <AlertDialog.Title className="text-read font-semibold [overflow-wrap:anywhere]">{title}</AlertDialog.Title>
        <AlertDialog.Description className="mt-1 text-muted">{description}</AlertDialog.Description>
        {children}
        {error ? <ErrorNote message={error.message} className="mt-3" /> : null}
        <div className="mt-5 flex justify-end gap-2">
          <AlertDialog.Close className={buttonClass('plain')}>{t`Cancel`}</AlertDialog.Close>
          <Button kind="danger" disabled={busy} onClick={() => void confirm()}>
            {action}
          </Button>
        </div>
      </PopupFrame>
    </AlertDialog.Root>
  )
}
