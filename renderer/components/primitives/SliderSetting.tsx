import { Slider } from '@base-ui/react/slider'
import { useState, type ReactNode } from 'react'

/**
 * A choice among ordered `steps`, as a slider. `value` is shown at its end; `onPreview` is called while it is dragged,
 * `onChange` when it is let go.
 */
export function SliderSetting({
  label,
  steps,
  value,
  words,
  note,
  reset,
  onPreview,
  onChange,
}: {
  label: string
  steps: readonly number[]
  value: number
  /** How a step is written. */
  words: (step: number) => string
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
          <span className="tabular-nums">{words(stepAt(index))}</span>
        </div>
        <Slider.Control className="flex h-6 items-center">
          <Slider.Track className="h-1 w-full rounded-full bg-active">
            <Slider.Indicator className="rounded-full bg-accent" />
            <Slider.Thumb
              aria-label={label}
              getAriaValueText={(_, at) => words(stepAt(at))}
              className="size-4 rounded-full border border-control bg-raised shadow-float has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-offset-1 has-[:focus-visible]:outline-accent"
            />
          </Slider.Track>
        </Slider.Control>
      </Slider.Root>
      {note ? <div className="text-muted tabular-nums">{note}</div> : null}
    </div>
  )
}
