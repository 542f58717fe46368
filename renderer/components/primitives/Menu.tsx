import { Menu as Base } from '@base-ui/react/menu'
import { Check, ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'

const popup =
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
          <Base.Popup {...(finalFocus && { finalFocus })} className={popup}>
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

/** The button that opens a menu. */
export const MenuTrigger = Base.Trigger

const item =
  'flex min-h-8 items-center gap-2 rounded-md px-2 py-1 outline-none select-none data-[highlighted]:bg-hover [&>svg]:size-4 [&>svg]:shrink-0 [&>svg]:text-muted'
/** The sign of what is chosen keeps its place where nothing is. */
const tick = 'flex size-4 shrink-0 items-center justify-center [&_svg]:size-3.5 [&_svg]:text-accent'

/** A line of a menu that opens another one beside it. `label`: what is seen of it, beside an icon. */
export function SubMenu({
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
      <Base.SubmenuTrigger className={cx(item, 'data-[popup-open]:bg-hover')}>
        {label}
        <ChevronRight className="ml-auto" aria-hidden />
      </Base.SubmenuTrigger>
      <Base.Portal>
        <Base.Positioner sideOffset={2} alignOffset={-5} collisionPadding={8} className="outline-none">
          <Base.Popup className={popup}>{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.SubmenuRoot>
  )
}

/** The name of the lines below it. */
export const MenuLabel = ({ children }: { children: ReactNode }): ReactNode => (
  <p className="px-2 pt-1.5 pb-0.5 text-small text-subtle">{children}</p>
)

/** A line between groups of a menu. */
export const MenuSeparator = (): ReactNode => <Base.Separator className="mx-2 my-1 h-px bg-hairline" />

/** One line of a menu that is on or off; choosing it leaves the menu open. */
export function MenuCheck({
  checked,
  onChange,
  children,
}: {
  checked: boolean
  onChange: (checked: boolean) => void
  children: ReactNode
}): ReactNode {
  return (
    <Base.CheckboxItem checked={checked} onCheckedChange={onChange} closeOnClick={false} className={item}>
      <span className={tick}>
        <Base.CheckboxItemIndicator>
          <Check aria-hidden />
        </Base.CheckboxItemIndicator>
      </span>
      {children}
    </Base.CheckboxItem>
  )
}

/** A named group of lines of which one is chosen; choosing leaves the menu open. */
export function MenuChoice<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string
  value: T
  options: readonly { readonly value: T; readonly label: string }[]
  onChange: (value: T) => void
}): ReactNode {
  return (
    <Base.Group>
      <Base.GroupLabel className="px-2 pt-1.5 pb-0.5 text-small text-subtle">{label}</Base.GroupLabel>
      <Base.RadioGroup value={value} onValueChange={(next: T) => onChange(next)}>
        {options.map((option) => (
          <Base.RadioItem key={option.value} value={option.value} closeOnClick={false} className={item}>
            <span className={tick}>
              <Base.RadioItemIndicator>
                <Check aria-hidden />
              </Base.RadioItemIndicator>
            </span>
            <span className="max-w-60 min-w-0 truncate" title={option.label}>
              {option.label}
            </span>
          </Base.RadioItem>
        ))}
      </Base.RadioGroup>
    </Base.Group>
  )
}

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
    <Base.Item onClick={onSelect} className={cx(item, danger && 'text-danger [&>svg]:text-danger')}>
      {children}
    </Base.Item>
  )
}
