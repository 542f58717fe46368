import { Menu as Base } from '@base-ui/react/menu'
import type { ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'

/** The classes of what a menu opens, and of its lines. */
export const menuClass =
  'float-motion max-h-(--available-height) max-w-80 min-w-40 overflow-y-auto rounded-lg border border-hairline bg-raised p-1 text-ui text-ink shadow-float outline-none'

/**
 * A small menu that opens from `trigger`, an element to render as the button. `onOpen`: it is about to be shown. `finalFocus` gives what
 * gets the focus when it is closed; true: the trigger.
 */
export function Menu({
  trigger,
  children,
  align = 'start',
  onOpen,
  finalFocus,
}: {
  trigger: ReactNode
  children: ReactNode
  align?: 'start' | 'end'
  onOpen?: () => void
  finalFocus?: () => HTMLElement | true
}): ReactNode {
  return (
    <Base.Root onOpenChange={(open) => open && onOpen?.()}>
      {trigger}
      <Base.Portal>
        <Base.Positioner align={align} sideOffset={4} className="outline-none">
          <Base.Popup {...(finalFocus && { finalFocus })} className={menuClass}>
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

/** The button that opens a menu. */
export const MenuTrigger = Base.Trigger

export const menuItemClass =
  'flex min-h-8 items-center gap-2 rounded-md px-2 py-1 outline-none select-none data-[highlighted]:bg-hover [&>svg]:size-4 [&>svg]:shrink-0 [&>svg]:text-muted'

/** The name of the lines below it. */
export const MenuLabel = ({ children }: { children: ReactNode }): ReactNode => (
  <p className="px-2 pt-1.5 pb-0.5 text-small text-subtle">{children}</p>
)

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
