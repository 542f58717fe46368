import type { ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'
import { markColour } from './markStyle.ts'
import type { DrawnMark } from './MarkOverlay.tsx'

/** The name of a mark: its label, else its kind and number. */
export const nameOf = ({ shape, label, number }: DrawnMark): string =>
  label || `${shape.type === 'point' ? 'Point' : 'Box'} ${number + 1}`

/**
 * The marks of a picture by name: resting on one lights it, its colour hides and shows it where it can be, its name
 * chooses it.
 */
export function MarkLegend({
  marks,
  hidden,
  highlighted,
  onHighlight,
  onSelect,
  onToggle,
}: {
  marks: readonly DrawnMark[]
  hidden: ReadonlySet<number>
  highlighted: number | null
  onHighlight: (number: number | null) => void
  onSelect: (number: number) => void
  onToggle?: (number: number) => void
}): ReactNode {
  return (
    <ul
      aria-label="Marks"
      className="flex max-h-36 w-0 min-w-full flex-wrap gap-1 overflow-y-auto border-t border-hairline bg-raised p-1.5"
    >
      {marks.map((mark) => {
        const { number } = mark
        const isHidden = hidden.has(number)
        return (
          <li
            key={number}
            onPointerEnter={() => onHighlight(number)}
            onPointerLeave={() => onHighlight(null)}
            onFocus={() => onHighlight(number)}
            onBlur={() => onHighlight(null)}
            className={cx(
              'flex h-6 max-w-56 items-center rounded-md',
              highlighted === number ? 'bg-active' : 'bg-sunken',
            )}
          >
            <button
              type="button"
              disabled={!onToggle}
              aria-pressed={!isHidden}
              aria-label={`Show ${nameOf(mark)} on the picture`}
              title={isHidden ? 'Show on the picture' : 'Hide on the picture'}
              onClick={() => onToggle?.(number)}
              className="flex size-6 shrink-0 items-center justify-center"
            >
              <span
                aria-hidden
                className="size-2.5 rounded-[3px] ring-1 ring-[#0006]"
                style={
                  isHidden ? { boxShadow: `inset 0 0 0 2px ${markColour(number)}` } : { background: markColour(number) }
                }
              />
            </button>
            <button
              type="button"
              data-legend={number}
              onClick={() => onSelect(number)}
              className={cx(
                'h-full min-w-0 truncate rounded-md pr-2 text-small',
                isHidden && 'text-subtle line-through',
              )}
            >
              {nameOf(mark)}
            </button>
          </li>
        )
      })}
    </ul>
  )
}
