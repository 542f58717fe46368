import { Dialog } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { iconButtonClass } from './IconButton.tsx'
import { PopupFrame } from './PopupFrame.tsx'

/** A dialog with a title, a close button and scrolling content. */
export function DialogFrame({
  open,
  onOpenChange,
  title,
  description,
  children,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  description?: string
  children: ReactNode
}): ReactNode {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <PopupFrame kind="dialog" className="flex w-[min(560px,calc(100vw-32px))] flex-col">
        <header className="flex items-start justify-between gap-4 border-b border-hairline py-3 pr-3 pl-5">
          <div className="pt-1">
            <Dialog.Title className="text-read font-semibold">{title}</Dialog.Title>
            {description ? <Dialog.Description className="text-muted">{description}</Dialog.Description> : null}
          </div>
          <Dialog.Close className={iconButtonClass()} aria-label="Close">
            <X />
          </Dialog.Close>
        </header>
        <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
      </PopupFrame>
    </Dialog.Root>
  )
}
