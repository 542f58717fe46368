import { Menu as Base } from '@base-ui/react/menu'
import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'
import { menuClass, menuItemClass } from './Menu.tsx'

/** A line of a menu that opens another one beside it. `label`: what is seen of it, beside an icon. */
export function Submenu({
  label,
  children,
  onOpen,
}: {
  label: ReactNode
  children: ReactNode
  onOpen?: () => void
}): ReactNode {
  return (
    <Base.SubmenuRoot onOpenChange={(open) => open && onOpen?.()}>
      <Base.SubmenuTrigger className={cx(menuItemClass, 'data-[popup-open]:bg-hover')}>
        {label}
        <ChevronRight className="ml-auto" aria-hidden />
      </Base.SubmenuTrigger>
      <Base.Portal>
        <Base.Positioner sideOffset={2} alignOffset={-5} collisionPadding={8} className="outline-none">
          <Base.Popup className={menuClass}>{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.SubmenuRoot>
  )
}
