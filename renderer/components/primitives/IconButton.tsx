import { Tooltip } from '@base-ui/react/tooltip'
import type { ComponentProps, ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'

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
export function Tip({ label, hint }: { label: string; hint?: string | undefined }): ReactNode {
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
