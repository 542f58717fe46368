/** The classes of a text field or text area. */
export const fieldClass =
  'w-full rounded-md border border-control bg-raised px-2.5 py-1.5 text-ui text-ink placeholder:text-subtle aria-[invalid=true]:border-danger focus-visible:outline-offset-0'
