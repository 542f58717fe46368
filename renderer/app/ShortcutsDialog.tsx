import type { ReactNode } from 'react'
import { DialogFrame } from '../components/primitives/Dialog.tsx'
import { keysOf, otherShortcuts, shortcuts } from './shortcuts.ts'

/** Every key of the window and what it does. */
export function ShortcutsDialog({
  open,
  onOpenChange,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
}): ReactNode {
  return (
    <DialogFrame open={open} onOpenChange={onOpenChange} title="Keyboard shortcuts">
      <div className="flex flex-col gap-5">
        <Group title="Everywhere" rows={shortcuts.map((one) => [keysOf(one), one.label] as const)} />
        {otherShortcuts.map(({ title, rows }) => (
          <Group key={title} title={title} rows={rows} />
        ))}
      </div>
    </DialogFrame>
  )
}

function Group({
  title,
  rows,
}: {
  title: string
  rows: readonly (readonly [keys: string, label: string])[]
}): ReactNode {
  return (
    <section>
      <h3 className="mb-1 font-medium">{title}</h3>
      <dl className="divide-y divide-hairline border-y border-hairline">
        {rows.map(([keys, label]) => (
          <div key={keys} className="flex min-h-9 items-center justify-between gap-4 py-1">
            <dt>{label}</dt>
            <dd className="shrink-0 text-muted">
              <kbd className="font-sans">{keys}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
