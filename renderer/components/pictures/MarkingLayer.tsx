import { useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react'
import type { PictureMark } from '#contract'
import { cx } from '../../lib/cx.ts'
import { markColour } from '../marks/markStyle.ts'
import { addMark, boxBetween, inTheMiddle, moved, resized, type Place, type Tool } from './marking.ts'

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
 * the
 * focused one, with Shift they change its size, Delete removes it.
 */
export function MarkingLayer({
  placement,
  tool,
  marks,
  onChange,
}: {
  placement: Placement
  tool: Tool
  marks: readonly PictureMark[]
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
    if (tool === 'point') return onChange(addMark(marks, placeOf(event)))
    event.currentTarget.setPointerCapture(event.pointerId)
    setDrag({ from: placeOf(event), to: placeOf(event) })
  }
  const onPointerUp = (event: PointerEvent): void => {
    if (!drag) return
    const box = boxBetween(drag.from, placeOf(event))
    setDrag(null)
    if (box) onChange(addMark(marks, box))
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.target !== event.currentTarget || tool === 'move') return
    event.preventDefault()
    onChange(addMark(marks, inTheMiddle(tool)))
    requestAnimationFrame(() => layer.current?.querySelector<HTMLElement>('[data-marking]:last-of-type')?.focus())
  }
  const drawing = drag && boxBetween(drag.from, drag.to)
  return (
    <div
      ref={layer}
      data-testid="marking-layer"
      tabIndex={tool === 'move' ? -1 : 0}
      role="group"
      aria-label={tool === 'move' ? 'Marked places' : `Picture to mark. Enter puts a ${tool} in the middle.`}
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
          onChange={(changed) => onChange(changed ? marks.with(index, changed) : marks.toSpliced(index, 1))}
        />
      ))}
      {drawing ? (
        <span
          className="pointer-events-none absolute border-2 border-dashed"
          style={{ ...boxStyle(drawing), borderColor: markColour(marks.length), boxShadow: edges }}
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
  onChange,
}: {
  mark: PictureMark
  index: number
  onChange: (mark: PictureMark | null) => void
}): ReactNode {
  const colour = markColour(index)
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
      aria-label={`${mark.label || (isBox ? 'Box' : 'Point')}. Arrow keys move it${isBox ? ', with Shift they change its size' : ''}, Delete removes it.`}
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
