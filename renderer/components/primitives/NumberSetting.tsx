import { NumberField } from '@base-ui/react/number-field'
import type { ReactNode } from 'react'
import { fieldClass } from './TextField.tsx'
import { cx } from '../../lib/cx.ts'

/**
 * A number that may be left to the model: empty shows the model's own value in grey. Changes count when leaving the
 * field.
 */
export function NumberSetting({
  label,
  value,
  fallback,
  min,
  max,
  step,
  onChange,
}: {
  label: string
  value: number | null
  fallback: number | null
  min: number
  max: number
  step: number
  onChange: (value: number | null) => void
}): ReactNode {
  return (
    <NumberField.Root
      value={value}
      min={min}
      max={max}
      step={step}
      format={{ maximumFractionDigits: step < 1 ? 2 : 0, useGrouping: false }}
      onValueCommitted={(next) => {
        if (next !== value) onChange(next)
      }}
    >
      <NumberField.Input
        aria-label={label}
        placeholder={fallback === null ? 'Default' : String(fallback)}
        className={cx(fieldClass, 'h-8 w-28! text-right tabular-nums')}
      />
    </NumberField.Root>
  )
}
