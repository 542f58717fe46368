import type { ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'

const choice = 'h-6 rounded-md px-2 select-none'

/** Chooses between the table or tree of an answer and its text. */
export function ViewSwitch({
  kind,
  asText,
  onChange,
}: {
  kind: 'Table' | 'Tree'
  asText: boolean
  onChange: (asText: boolean) => void
}): ReactNode {
  return (
    <div role="group" aria-label="Shown as" className="flex gap-0.5">
      {[kind, 'Text'].map((label) => {
        const pressed = (label === 'Text') === asText
        return (
          <button
            key={label}
            type="button"
            aria-pressed={pressed}
            onClick={() => onChange(label === 'Text')}
            className={cx(
              choice,
              pressed ? 'bg-active font-medium text-ink' : 'text-muted hover:bg-hover hover:text-ink',
            )}
          >
            {label}
          </button>
        )
      })}
    </div>
  )
}
