import { t } from '@lingui/core/macro'
import { Radio } from '@base-ui/react/radio'
import { RadioGroup } from '@base-ui/react/radio-group'
import { Slider } from '@base-ui/react/slider'
import { useId, useState } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'
import { TextField } from './TextField.tsx'

/**
 * The number that a person wrote, with a point or a comma as the decimal sign; null: it is none. In a field of whole
 * numbers signs between groups of three digits set thousands apart.
 */
function readNumber(text: string, isWhole: boolean): number | null {
  const plain = text.normalize('NFKC').replace(/[\s'’]/g, '')
  if (isWhole && /^\d{1,3}([.,]\d{3})+$/.test(plain)) return Number(plain.replace(/[.,]/g, ''))
  return /^[+-]?(\d+[.,]?\d*|[.,]\d+)$/.test(plain) ? Number(plain.replace(',', '.')) : null
}

/**
 * A number that may be left to the model: empty shows the model's own value in grey. Changes count when leaving the
 * field; the arrow keys go by `step`. What is no number changes nothing, which is said.
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
  const [draft, setDraft] = useState<{ of: number | null; text: string } | null>(null)
  const [refused, setRefused] = useState(false)
  // what was typed over another value counts no more
  if (draft && draft.of !== value) setDraft(null)
  const digits = step < 1 ? 2 : 0
  const shown = (of: number | null): string => (of === null ? '' : String(Number(of.toFixed(digits))))
  const text = draft?.text ?? shown(value)
  const inRange = (of: number): number => Number(Math.min(max, Math.max(min, of)).toFixed(digits))
  const note = useId()

  const write = (next: string): void => {
    setRefused(false)
    setDraft({ of: value, text: next })
  }
  const commit = (): void => {
    if (!draft) return
    const read = readNumber(text, digits === 0)
    const isNumber = text.trim() === '' || read !== null
    const next = !isNumber ? value : read === null ? null : inRange(read)
    setRefused(!isNumber)
    setDraft(null)
    if (next !== value) onChange(next)
  }
  const stepBy = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return
    event.preventDefault()
    const from = readNumber(text, digits === 0) ?? value ?? fallback ?? min
    write(shown(inRange(from + (event.key === 'ArrowUp' ? step : -step))))
  }
  return (
    <div className="flex flex-col items-end gap-1">
      <TextField
        aria-label={label}
        aria-describedby={refused ? note : undefined}
        inputMode={digits > 0 ? 'decimal' : 'numeric'}
        autoComplete="off"
        spellCheck={false}
        placeholder={fallback === null ? t`Default` : String(fallback)}
        value={text}
        onChange={(event) => write(event.target.value)}
        onKeyDown={stepBy}
        onBlur={commit}
        className="h-8 w-28! text-right tabular-nums"
      />
      {refused ? (
        <p id={note} role="status" className="text-small text-muted">{t`Not a number: nothing was changed.`}</p>
      ) : null}
    </div>
  )
}

/**
 * A choice among ordered `steps`, as a slider. `value` is shown at its end; `onPreview` is called while it is dragged,
 * `onChange` when it is let go.
 */
export function SliderSetting({
  label,
  steps,
  value,
  format,
  note,
  reset,
  onPreview,
  onChange,
}: {
  label: string
  steps: readonly number[]
  value: number
  /** How a step is written. */
  format: (step: number) => string
  note?: ReactNode
  /** A button that leaves the choice to the app. */
  reset?: ReactNode
  onPreview: (step: number) => void
  onChange: (step: number) => void
}): ReactNode {
  const [dragged, setDragged] = useState<number | null>(null)
  const index = dragged ?? Math.max(0, steps.indexOf(value))
  const stepAt = (at: number): number => steps[at] ?? value
  return (
    <div>
      <Slider.Root
        min={0}
        max={steps.length - 1}
        step={1}
        largeStep={1}
        value={index}
        onValueChange={(next) => {
          setDragged(next)
          onPreview(stepAt(next))
        }}
        onValueCommitted={(next) => {
          setDragged(null)
          onChange(stepAt(next))
        }}
        thumbAlignment="edge"
      >
        <div className="flex min-h-7 items-center gap-3">
          <span className="flex-1">{label}</span>
          {reset}
          <span className="tabular-nums">{format(stepAt(index))}</span>
        </div>
        <Slider.Control className="flex h-6 items-center">
          <Slider.Track className="h-1 w-full rounded-full bg-active">
            <Slider.Indicator className="rounded-full bg-accent" />
            <Slider.Thumb
              aria-label={label}
              getAriaValueText={(_, at) => format(stepAt(at))}
              className="size-4 rounded-full border border-control bg-raised shadow-float has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-offset-1 has-[:focus-visible]:outline-accent"
            />
          </Slider.Track>
        </Slider.Control>
      </Slider.Root>
      {note ? <div className="text-muted tabular-nums">{note}</div> : null}
    </div>
  )
}

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
