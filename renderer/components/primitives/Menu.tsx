import { Menu as Base } from '@base-ui/react/menu'
import type { ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'

/** The classes of what a menu opens, and of its lines. */
export const menuClass =
  'float-motion max-h-(--available-height) min-w-40 overflow-y-auto rounded-lg border border-hairline bg-raised p-1 text-ui text-ink shadow-float outline-none'

/** A small menu that opens from `trigger`, an element to render as the button. `onOpen`: it is about to be shown. */
export function Menu({
  trigger,
  children,
  align = 'start',
  onOpen,
}: {
  trigger: ReactNode
  children: ReactNode
  align?: 'start' | 'end'
  onOpen?: () => void
}): ReactNode {
  return (
    <Base.Root onOpenChange={(open) => open && onOpen?.()}>
      {trigger}
      <Base.Portal>
        <Base.Positioner align={align} sideOffset={4} className="outline-none">
          <Base.Popup className={menuClass}>{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

/** The button that opens a menu. */
export const MenuTrigger = Base.Trigger

export const menuItemClass =
  'flex min-h-8 items-center gap-2 rounded-md px-2 py-1 outline-none select-none data-[highlighted]:bg-hover [&>svg]:size-4 [&>svg]:shrink-0 [&>svg]:text-muted'
/** A line between groups of a menu. */
export const MenuSeparator = (): ReactNode => <Base.Separator className="mx-2 my-1 h-px bg-hairline" />

/** One line of a menu. */
export function MenuItem({
  onSelect,
  danger = false,
  children,
}: {
  onSelect: () => void
  danger?: boolean
  children: ReactNode
}): ReactNode {
  return (
    <Base.Item onClick={onSelect} className={cx(menuItemClass, danger && 'text-danger [&>svg]:text-danger')}>
      {children}
    </Base.Item>
  )
}
