import { Tooltip } from '@base-ui/react/tooltip'
import { X } from 'lucide-react'
import type { ComponentProps, ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'

/**
 * `primary`: the one thing to do here. `plain`: everything else. `quiet`: no edge until hovered. `danger`: destroys.
 */
export type ButtonKind = 'primary' | 'plain' | 'quiet' | 'danger'

const base =
  'inline-flex h-8 shrink-0 items-center justify-center gap-1.5 rounded-md px-3 text-ui font-medium whitespace-nowrap no-underline select-none disabled:opacity-50 data-[disabled]:opacity-50 [&>svg]:size-4'

const kinds: Record<ButtonKind, string> = {
  primary: 'bg-accent text-on-accent enabled:hover:bg-accent-strong [a&]:hover:bg-accent-strong',
  plain: 'border border-control bg-raised text-ink enabled:hover:bg-hover',
  quiet: 'text-muted enabled:hover:bg-hover enabled:hover:text-ink',
  danger: 'bg-danger text-on-danger enabled:hover:opacity-90',
}

/** The classes of a button, for elements that are not `Button` but look like one. */
export const buttonClass = (kind: ButtonKind): string => cx(base, kinds[kind])

/** A button with words on it. */
export function Button({
  kind = 'plain',
  className,
  ...props
}: ComponentProps<'button'> & { kind?: ButtonKind }): ReactNode {
  return <button type="button" className={cx(buttonClass(kind), className)} {...props} />
}

const sizes = { normal: 'size-8 [&>svg]:size-4', small: 'size-6 [&>svg]:size-3.5' }

/** The classes of an icon button, for triggers that render their own element. */
export const iconButtonClass = (size: keyof typeof sizes = 'normal'): string =>
  cx(
    'inline-flex shrink-0 items-center justify-center rounded-md text-muted select-none',
    'enabled:hover:bg-hover enabled:hover:text-ink disabled:opacity-45 data-[popup-open]:bg-hover data-[popup-open]:text-ink',
    sizes[size],
  )

/** A button that shows a picture of what it does; `label` names it and appears on hover. */
export function IconButton({
  label,
  hint,
  size = 'normal',
  className,
  ...props
}: Omit<ComponentProps<'button'>, 'aria-label'> & {
  label: string
  hint?: string
  size?: keyof typeof sizes
}): ReactNode {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger
        render={<button type="button" aria-label={label} className={cx(iconButtonClass(size), className)} {...props} />}
      />
      <Tip label={label} hint={hint} />
    </Tooltip.Root>
  )
}

/** The floating label of an icon button. */
function Tip({ label, hint }: { label: string; hint?: string | undefined }): ReactNode {
  return (
    <Tooltip.Portal>
      <Tooltip.Positioner sideOffset={6}>
        <Tooltip.Popup className="float-motion flex items-center gap-2 rounded-md border border-hairline bg-raised px-2 py-1 text-small text-ink shadow-float">
          {label}
          {hint ? <span className="text-subtle">{hint}</span> : null}
        </Tooltip.Popup>
      </Tooltip.Positioner>
    </Tooltip.Portal>
  )
}

/** Something that was chosen for the next question, and the button that takes it back. `children` name it. */
export function Chip({
  testId,
  removeLabel,
  onRemove,
  children,
}: {
  testId: string
  removeLabel: string
  onRemove: () => void
  children: ReactNode
}): ReactNode {
  return (
    <span className="flex h-8 max-w-60 min-w-24 items-center rounded-md bg-accent-soft text-small" data-testid={testId}>
      {children}
      <IconButton label={removeLabel} size="small" onClick={onRemove} className="mx-1">
        <X />
      </IconButton>
    </span>
  )
}
