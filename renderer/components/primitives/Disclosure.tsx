import { Collapsible } from '@base-ui/react/collapsible'
import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'

/** A line that opens what belongs to it. `note` stands at its end. */
export function Disclosure({
  label,
  note,
  className,
  children,
  defaultOpen = false,
}: {
  label: ReactNode
  note?: ReactNode
  className?: string
  children: ReactNode
  defaultOpen?: boolean
}): ReactNode {
  return (
    <Collapsible.Root defaultOpen={defaultOpen} className={className}>
      <Collapsible.Trigger
        className={cx(
          'group -mx-1 flex min-h-8 w-[calc(100%+8px)] items-center gap-1.5 rounded-md px-1 text-left hover:bg-hover',
        )}
      >
        <ChevronRight
          className="size-3.5 shrink-0 text-muted transition-transform duration-150 group-data-[panel-open]:rotate-90"
          aria-hidden
        />
        <span className="min-w-0 flex-1">{label}</span>
        {note ? <span className="max-w-[60%] shrink-0 truncate text-muted">{note}</span> : null}
      </Collapsible.Trigger>
      <Collapsible.Panel>{children}</Collapsible.Panel>
    </Collapsible.Root>
  )
}
