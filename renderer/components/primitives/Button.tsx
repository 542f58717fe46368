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
