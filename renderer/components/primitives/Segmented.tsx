import { Radio } from '@base-ui/react/radio'
import { RadioGroup } from '@base-ui/react/radio-group'
import type { ReactNode } from 'react'

/** A few choices side by side, one of them taken. */
export function Segmented<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string
  value: T | null
  options: readonly { value: T; label: string }[]
  onChange: (value: T) => void
}): ReactNode {
  return (
    <RadioGroup
      aria-label={label}
      value={value}
      onValueChange={(next) => onChange(next as T)}
      className="inline-flex flex-wrap gap-0.5 rounded-md bg-sunken p-0.5 ring-1 ring-hairline"
    >
      {options.map((option) => (
        <Radio.Root
          key={option.value}
          value={option.value}
          aria-label={option.label}
          className="flex h-7 items-center rounded-[5px] px-3 whitespace-nowrap text-muted select-none hover:text-ink data-[checked]:bg-raised data-[checked]:font-medium data-[checked]:text-ink data-[checked]:ring-1 data-[checked]:ring-control"
        >
          {option.label}
        </Radio.Root>
      ))}
    </RadioGroup>
  )
}
