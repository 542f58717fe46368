import { AlertDialog } from '@base-ui/react/alert-dialog'
import { useState, type ReactNode } from 'react'
import type { ErrorInfo } from '#contract'
import { toAppError } from '../../lib/errors.ts'
import { Button, buttonClass } from './Button.tsx'
import { ErrorNote } from './ErrorNote.tsx'
import { PopupFrame } from './PopupFrame.tsx'

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
          <AlertDialog.Close className={buttonClass('plain')}>Cancel</AlertDialog.Close>
          <Button kind="danger" disabled={busy} onClick={() => void confirm()}>
            {action}
          </Button>
        </div>
      </PopupFrame>
    </AlertDialog.Root>
  )
}
