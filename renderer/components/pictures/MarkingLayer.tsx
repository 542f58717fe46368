import { t } from '@lingui/core/macro'
import type { PictureMark } from '#contract'
import { X } from 'lucide-react'
import { useRef, useState } from 'react'
import type { KeyboardEvent, PointerEvent, ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'
import { markColour } from '../marks/markStyle.ts'
import { IconButton } from '../primitives/Button.tsx'
import { TextField } from '../primitives/TextField.tsx'
import { addMark, boxBetween, inTheMiddle, moved, resized } from './viewerGeometry.ts'
import type { Place, Tool } from './viewerGeometry.ts'

/** The place of a picture in its stage, in px. */
export interface Placement {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** An arrow key moves a mark by this share of the picture. */
const STEP = 0.01
const ARROWS: Readonly<Record<string, Place>> = {
  ArrowLeft: { x: -STEP, y: 0 },
  ArrowRight: { x: STEP, y: 0 },
  ArrowUp: { x: 0, y: -STEP },
  ArrowDown: { x: 0, y: STEP },
}
const edges = '0 0 0 1px rgb(0 0 0 / 0.65), inset 0 0 0 1px rgb(255 255 255 / 0.7)'

/**
 * Lies over a picture and takes boxes and points that are drawn on it. Enter puts one in the middle; arrow keys move
 * the focused one, with Shift they change its size, Delete removes it.
 */
export function MarkingLayer({
  placement,
  tool,
  marks,
  others,
  onChange,
}: {
  placement: Placement
  tool: Tool
  marks: readonly PictureMark[]
  /** Marks that are on the picture already and stay. */
  others: readonly PictureMark[]
  onChange: (marks: readonly PictureMark[]) => void
}): ReactNode {
  const layer = useRef<HTMLDivElement>(null)
  const [drag, setDrag] = useState<{ readonly from: Place; readonly to: Place } | null>(null)
  const placeOf = (event: PointerEvent): Place => {
    const area = layer.current!.getBoundingClientRect()
    return { x: (event.clientX - area.left) / area.width, y: (event.clientY - area.top) / area.height }
  }
  const onPointerDown = (event: PointerEvent): void => {
    if (tool === 'move' || event.button !== 0) return
    event.stopPropagation()
    if (tool === 'point') return onChange(addMark(marks, placeOf(event), others))
    event.currentTarget.setPointerCapture(event.pointerId)
    setDrag({ from: placeOf(event), to: placeOf(event) })
  }
  const onPointerUp = (event: PointerEvent): void => {
    if (!drag) return
    const box = boxBetween(drag.from, placeOf(event))
    setDrag(null)
    if (box) onChange(addMark(marks, box, others))
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.target !== event.currentTarget || tool === 'move') return
    event.preventDefault()
    onChange(addMark(marks, inTheMiddle(tool), others))
    requestAnimationFrame(() => layer.current?.querySelector<HTMLElement>('[data-marking]:last-of-type')?.focus())
  }
  const drawing = drag && boxBetween(drag.from, drag.to)
  return (
    <div
      ref={layer}
      data-testid="marking-layer"
      tabIndex={tool === 'move' ? -1 : 0}
      role="group"
      aria-label={
        tool === 'move'
          ? t`Marked places`
          : tool === 'box'
            ? t`Picture to mark. Enter puts a box in the middle.`
            : t`Picture to mark. Enter puts a point in the middle.`
      }
      className={cx('absolute touch-none', tool === 'move' ? 'pointer-events-none' : 'cursor-crosshair')}
      style={placement}
      onPointerDown={onPointerDown}
      onPointerMove={(event) => drag && setDrag({ ...drag, to: placeOf(event) })}
      onPointerUp={onPointerUp}
      onPointerCancel={() => setDrag(null)}
      onDoubleClick={(event) => tool !== 'move' && event.stopPropagation()}
      onKeyDown={onKeyDown}
    >
      {marks.map((mark, index) => (
        <Marking
          key={index}
          mark={mark}
          index={index}
          colour={markColour(others.length + index)}
          onChange={(changed) => onChange(changed ? marks.with(index, changed) : marks.toSpliced(index, 1))}
        />
      ))}
      {drawing ? (
        <span
          className="pointer-events-none absolute border-2 border-dashed"
          style={{ ...boxStyle(drawing), borderColor: markColour(others.length + marks.length), boxShadow: edges }}
        />
      ) : null}
    </div>
  )
}

const share = (value: number): string => `${value * 100}%`
const boxStyle = ({ x1, y1, x2, y2 }: { x1: number; y1: number; x2: number; y2: number }) => ({
  left: share(x1),
  top: share(y1),
  width: share(x2 - x1),
  height: share(y2 - y1),
})

/** One mark that can be moved by keys; `onChange` null: removed. */
function Marking({
  mark,
  index,
  colour,
  onChange,
}: {
  mark: PictureMark
  index: number
  colour: string
  onChange: (mark: PictureMark | null) => void
}): ReactNode {
  const isBox = mark.type === 'box'
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = ARROWS[event.key]
    if (by) onChange(event.shiftKey ? resized(mark, by) : moved(mark, by))
    else if (event.key === 'Delete' || event.key === 'Backspace') onChange(null)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div
      data-marking={index}
      role="img"
      tabIndex={0}
      aria-label={
        isBox
          ? t`${mark.label || t`Box`}. Arrow keys move it, with Shift they change its size, Delete removes it.`
          : t`${mark.label || t`Point`}. Arrow keys move it, Delete removes it.`
      }
      onKeyDown={onKeyDown}
      className={cx('absolute border-2', isBox ? 'rounded-[3px]' : 'size-4 -translate-1/2 rounded-full')}
      style={{
        ...(isBox ? boxStyle(mark) : { left: share(mark.x), top: share(mark.y) }),
        borderColor: colour,
        boxShadow: edges,
      }}
    >
      {mark.label === '' ? null : (
        <span
          aria-hidden
          className={cx(
            'absolute rounded-[3px] px-1.5 text-[11px] leading-[18px] font-medium whitespace-nowrap text-[#111]',
            isBox ? 'bottom-full left-[-2px] mb-0.5' : 'top-1/2 left-full ml-1.5 -translate-y-1/2',
          )}
          style={{ background: colour }}
        >
          {mark.label}
        </span>
      )}
    </div>
  )
}

const hints: Record<Tool, string> = {
  move: t`Mark a box or a point to ask about it by its name.`,
  box: t`Drag over what you mean, or press Enter for a box in the middle.`,
  point: t`Click what you mean, or press Enter for a point in the middle.`,
}

/** The marks of a picture by name: to rename and remove them, and how to draw more. */
export function MarkingBar({
  tool,
  marks,
  others,
  onChange,
}: {
  tool: Tool
  marks: readonly PictureMark[]
  others: readonly PictureMark[]
  onChange: (marks: readonly PictureMark[]) => void
}): ReactNode {
  return (
    <footer className="flex max-h-40 shrink-0 flex-wrap items-center gap-2 overflow-y-auto border-t border-hairline bg-canvas px-4 py-2">
      {marks.map((mark, index) => {
        const name = mark.label || (mark.type === 'box' ? t`Box without a name` : t`Point without a name`)
        return (
          <span key={index} className="flex items-center gap-1.5">
            <span
              aria-hidden
              className={cx(
                'size-3 shrink-0 ring-1 ring-[#0006]',
                mark.type === 'box' ? 'rounded-[3px]' : 'rounded-full',
              )}
              style={{ background: markColour(others.length + index) }}
            />
            <TextField
              value={mark.label}
              maxLength={80}
              aria-label={t`Name of ${name}`}
              onChange={(event) => onChange(marks.with(index, { ...mark, label: event.target.value }))}
              className="h-7 w-36 px-2 py-0"
            />
            <IconButton label={t`Remove ${name}`} size="small" onClick={() => onChange(marks.toSpliced(index, 1))}>
              <X />
            </IconButton>
          </span>
        )
      })}
      <p className="min-w-0 py-1 text-muted">{hints[tool]}</p>
    </footer>
  )
}
