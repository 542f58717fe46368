import { Crop, Eye, EyeOff } from 'lucide-react'
import { useRef, useState, type ReactNode } from 'react'
import { useShownSize } from '../../lib/useShownSize.ts'
import { IconButton } from '../primitives/IconButton.tsx'
import { MarkLegend, nameOf } from './MarkLegend.tsx'
import { CopyMarksMenu, ExportMarksMenu, type Grounded } from './MarkMenus.tsx'
import { MarkOverlay, type DrawnMark } from './MarkOverlay.tsx'

/** Most px that the picture takes in the window. */
const MOST = { width: 640, height: 480 }

/**
 * The picture with what the answer found on it, and what can be done with that. `hasLegend`: the marks are named below
 * it,
 * because not all of them are in the answer's words. `onCrop`: asks about the box of a number alone.
 */
export function GroundedPicture({
  picture,
  highlighted,
  selected,
  hasLegend,
  onHighlight,
  onSelect,
  onCrop,
}: {
  picture: Grounded
  highlighted: number | null
  selected: number | null
  hasLegend: boolean
  onHighlight: (index: number | null) => void
  onSelect: (index: number) => void
  onCrop: ((index: number) => void) | null
}): ReactNode {
  const { name, url, views, marks, numbers } = picture
  const { original } = views
  const drawn = marks.map(({ shape, label }, i): DrawnMark => ({ shape, label, number: numbers[i]! }))
  const frame = useRef<HTMLDivElement>(null)
  const shown = useShownSize(frame)
  const [visible, setVisible] = useState(true)
  const [hidden, setHidden] = useState<ReadonlySet<number>>(new Set())
  const scale = Math.min(
    MOST.width / original.width,
    MOST.height / original.height,
    Math.max(1, 240 / Math.max(original.width, original.height)),
  )
  // a single mark needs no choice
  const chosen = drawn.length === 1 ? drawn[0] : drawn.find(({ number }) => number === selected)
  const toggle = (number: number): void => {
    const others = new Set(hidden)
    if (!others.delete(number)) others.add(number)
    setHidden(others)
  }

  return (
    <figure
      className="flex w-fit max-w-full flex-col overflow-hidden rounded-lg border border-hairline bg-mat"
      aria-label={`${name} with ${marks.length === 1 ? 'one place' : `${marks.length} places`} marked`}
    >
      <div
        ref={frame}
        className="relative max-w-full"
        style={{ width: Math.round(original.width * scale), aspectRatio: `${original.width} / ${original.height}` }}
      >
        <img src={url} alt={name} draggable={false} className="block size-full" decoding="async" />
        {visible && shown.width > 0 ? (
          <MarkOverlay
            marks={drawn.filter(({ number }) => !hidden.has(number))}
            original={original}
            shown={shown}
            highlighted={highlighted !== null && numbers.includes(highlighted) ? highlighted : null}
            onHighlight={onHighlight}
            onSelect={onSelect}
          />
        ) : null}
      </div>
      {hasLegend ? (
        <MarkLegend
          marks={drawn}
          hidden={hidden}
          highlighted={highlighted}
          onHighlight={onHighlight}
          onSelect={onSelect}
          onToggle={toggle}
        />
      ) : null}
      <figcaption className="flex h-8 w-0 min-w-full items-center gap-0.5 border-t border-hairline bg-raised px-1.5">
        <span className="min-w-0 flex-1 truncate px-1 text-small text-muted">{chosen ? nameOf(chosen) : name}</span>
        {onCrop && chosen?.shape.type === 'box' ? (
          <IconButton label="Ask about this part" size="small" onClick={() => onCrop(chosen.number)}>
            <Crop />
          </IconButton>
        ) : null}
        <CopyMarksMenu picture={picture} />
        <ExportMarksMenu picture={picture} />
        <IconButton
          label={visible ? 'Hide the marks' : 'Show the marks'}
          size="small"
          aria-pressed={visible}
          onClick={() => setVisible(!visible)}
        >
          {visible ? <Eye /> : <EyeOff />}
        </IconButton>
      </figcaption>
    </figure>
  )
}
