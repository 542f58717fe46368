import type { ReactNode } from 'react'

/** One setting: its name, a line that explains it, and its control. */
export function SettingRow({
  label,
  note,
  children,
}: {
  label: string
  note?: string
  children: ReactNode
}): ReactNode {
  return (
    <div className="grid grid-cols-[1fr_auto] items-center gap-x-6 gap-y-1">
      <p className="max-[480px]:col-span-2">{label}</p>
      <div className="max-[480px]:col-span-2">{children}</div>
      {note ? <p className="col-span-2 max-w-[60ch] text-muted">{note}</p> : null}
    </div>
  )
}
