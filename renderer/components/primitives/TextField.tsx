import type { ComponentProps, ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'

/** The classes of a field to type in, for a text area or a list that looks like one. */
export const fieldClass =
  'w-full rounded-md border border-control bg-raised px-2.5 py-1.5 text-ui text-ink placeholder:text-subtle aria-[invalid=true]:border-danger focus-visible:outline-offset-0'

/** A field for one line of text. */
export function TextField({ className, ...props }: ComponentProps<'input'>): ReactNode {
  return <input type="text" className={cx(fieldClass, className)} {...props} />
}
