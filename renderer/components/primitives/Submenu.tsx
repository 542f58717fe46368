import { Menu as Base } from '@base-ui/react/menu'
import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'
import { menuClass, menuItemClass } from './Menu.tsx'

/** A line of a menu that opens another menu beside it. */
export function Submenu({ label, children }: { label: ReactNode; children: ReactNode }): ReactNode {
  return (
    <Base.SubmenuRoot>
      <Base.SubmenuTrigger className={cx(menuItemClass, 'data-[popup-open]:bg-hover')}>
        {label}
        <ChevronRight className="-mr-1 ml-auto" aria-hidden />
      </Base.SubmenuTrigger>
      <Base.Portal>
        <Base.Positioner sideOffset={-2} alignOffset={-5} className="outline-none">
          <Base.Popup className={menuClass}>{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.SubmenuRoot>
  )
}
