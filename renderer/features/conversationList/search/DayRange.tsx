import { t } from '@lingui/core/macro'
import { X } from 'lucide-react'
import type { ReactNode, RefObject } from 'react'
import { IconButton } from '../../../components/primitives/Button.tsx'
import { TextField } from '../../../components/primitives/TextField.tsx'
import { changeFilter, useSearching } from './searching.ts'

/** The first and the last day of the last change, where days are chosen freely; either may be left open. */
export function DayRange({ field }: { field: RefObject<HTMLInputElement | null> }): ReactNode {
  const { changed, from, to } = useSearching((state) => state.filter)
  if (changed !== 'range') return null
  const days = [
    { label: t({ message: 'From', context: 'time' }), value: from, set: (day: string) => changeFilter({ from: day }) },
    { label: t({ message: 'To', context: 'time' }), value: to, set: (day: string) => changeFilter({ to: day }) },
  ]
  return (
    <fieldset className="flex min-w-0 items-start gap-1 pt-1.5">
      <legend className="sr-only">{t`Last changed`}</legend>
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        {days.map(({ label, value, set }) => (
          <label key={label} className="flex items-center gap-2 pl-2 text-small text-muted">
            <span className="min-w-8 shrink-0">{label}</span>
            <TextField
              type="date"
              value={value}
              onChange={(event) => set(event.target.value)}
              className="h-7 min-w-0 px-1.5! py-0! text-small!"
            />
          </label>
        ))}
      </div>
      <IconButton
        label={t`Take back: from day to day`}
        size="small"
        onClick={() => {
          changeFilter({ changed: 'any', from: '', to: '' })
          field.current?.focus()
        }}
      >
        <X />
      </IconButton>
    </fieldset>
  )
}
