import type { ReactNode } from 'react'

/** One setting: its name, a line that explains it, and its control. */
export function Row({ label, note, children }: { label: string; note?: string; children: ReactNode }): ReactNode {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2">
      <div className="min-w-[10rem] flex-1">
        <p>{label}</p>
        {note ? <p className="text-muted">{note}</p> : null}
      </div>
      {children}
    </div>
  )
}
