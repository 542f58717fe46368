import { createContext, use, type ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'
import { markColour } from './markStyle.ts'

/** The state that the marks of an answer share: which one is highlighted, in its text and on its picture alike. */
export interface MarkLinks {
  /** The number of marks; a link to any other number is shown as plain text. */
  readonly count: number
  readonly highlighted: number | null
  readonly onHighlight: (index: number | null) => void
  /** One is chosen, to stay highlighted and do something with. */
  readonly onSelect: (index: number) => void
}

export const MarkContext = createContext<MarkLinks | null>(null)

/**
 * A thing of an answer that has a place on the picture: resting on it lights that place. Outside an answer it is text.
 */
export function MarkLink({ index, children }: { index: number; children: ReactNode }): ReactNode {
  const links = use(MarkContext)
  if (!links || index >= links.count) return <span>{children}</span>
  const { highlighted, onHighlight, onSelect } = links
  return (
    <button
      type="button"
      data-mark-link={index}
      aria-pressed={highlighted === index}
      onPointerEnter={() => onHighlight(index)}
      onPointerLeave={() => onHighlight(null)}
      onFocus={() => onHighlight(index)}
      onBlur={() => onHighlight(null)}
      onClick={() => onSelect(index)}
      className={cx(
        'inline-flex items-baseline gap-1 rounded-[4px] px-1 align-baseline hover:bg-hover',
        highlighted === index ? 'bg-active' : 'bg-sunken',
      )}
    >
      <span
        className="inline-block size-2 shrink-0 rounded-[2px] ring-1 ring-[#0006]"
        style={{ background: markColour(index) }}
        aria-hidden
      />
      {children}
    </button>
  )
}
