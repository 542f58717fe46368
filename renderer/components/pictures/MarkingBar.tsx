import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import type { PictureMark } from '#contract'
import { cx } from '../../lib/cx.ts'
import { TextField } from '../primitives/TextField.tsx'
import { IconButton } from '../primitives/IconButton.tsx'
import { markColour } from '../marks/markStyle.ts'
import type { Tool } from './marking.ts'

const hints: Record<Tool, string> = {
  move: 'Mark a box or a point to ask about it by its name.',
  box: 'Drag over what you mean, or press Enter for a box in the middle.',
  point: 'Click what you mean, or press Enter for a point in the middle.',
}

/** The marks of a picture by name: to rename and remove them, and how to draw more. */
export function MarkingBar({
  tool,
  marks,
  onChange,
}: {
  tool: Tool
  marks: readonly PictureMark[]
  onChange: (marks: readonly PictureMark[]) => void
}): ReactNode {
  return (
    <footer className="flex max-h-40 shrink-0 flex-wrap items-center gap-2 overflow-y-auto border-t border-hairline bg-canvas px-4 py-2">
      {marks.map((mark, index) => {
        const name = mark.label || `${mark.type === 'box' ? 'Box' : 'Point'} without a name`
        return (
          <span key={index} className="flex items-center gap-1.5">
            <span
              aria-hidden
              className={cx(
                'size-3 shrink-0 ring-1 ring-[#0006]',
                mark.type === 'box' ? 'rounded-[3px]' : 'rounded-full',
              )}
              style={{ background: markColour(index) }}
            />
            <TextField
              value={mark.label}
              maxLength={80}
              aria-label={`Name of ${name}`}
              onChange={(event) => onChange(marks.with(index, { ...mark, label: event.target.value }))}
              className="h-7 w-36 px-2 py-0"
            />
            <IconButton label={`Remove ${name}`} size="small" onClick={() => onChange(marks.toSpliced(index, 1))}>
              <X />
            </IconButton>
          </span>
        )
      })}
      <p className="min-w-0 py-1 text-muted">{hints[tool]}</p>
    </footer>
  )
}
