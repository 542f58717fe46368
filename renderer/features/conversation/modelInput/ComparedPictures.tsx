import type { ModelInput, Size } from '#contract'
import { useEffect, useEffectEvent, useRef } from 'react'
import type { PointerEvent, ReactNode } from 'react'
import { useShownSize } from '../../../components/marks/MarkOverlay.tsx'
import { cx } from '../../../lib/cx.ts'
import { count } from '../../../lib/format.ts'
import { GridOverlay } from './GridOverlay.tsx'
import { OriginalPicture } from './OriginalPicture.tsx'
import { StoredPicture } from './StoredPicture.tsx'
import { FITTED, cellAt, fittedSize, mostScale, panned, placed, standBeside, zoomed } from './comparedView.ts'
import type { Cell, ComparedView } from './comparedView.ts'

interface PaneProps {
  readonly input: ModelInput
  readonly view: ComparedView
  readonly onView: (change: (view: ComparedView) => ComparedView) => void
  readonly cell: Cell | null
  readonly onCell: (cell: Cell | null) => void
  readonly showsGrid: boolean
  readonly showsWindows: boolean
}

/**
 * The original and what the model got of it, side by side, or one over the other where they are larger so: the wheel, two fingers
 * and dragging zoom and move both, and pointing at a cell of one marks it on both.
 */
export function ComparedPictures({
  frame,
  base,
  onArea,
  ...pane
}: PaneProps & {
  /** Which of `input.frames` is shown. */
  readonly frame: number
  /** What addresses begin with. */
  readonly base: string
  /** Hears in how many px the input fits its area, for what zooms by keys. */
  readonly onArea: (fitted: Size) => void
}): ReactNode {
  const { input } = pane
  const stage = useRef<HTMLDivElement>(null)
  const isBeside = standBeside(input.original, useShownSize(stage))
  const shown = input.frames[frame]!
  return (
    <div
      ref={stage}
      className={cx('grid min-h-0 flex-1 gap-px bg-hairline', isBeside ? 'grid-cols-2' : 'grid-rows-2')}
      data-testid="compared"
    >
      <Pane {...pane} caption="Original" size={input.original} onArea={() => {}}>
        {(style, scale) => <OriginalPicture input={input} frame={shown} base={base} style={style} scale={scale} />}
      </Pane>
      <Pane {...pane} caption="Model input" size={input.input} onArea={onArea}>
        {(style, scale) => (
          <StoredPicture
            address={base + shown.input}
            label={`${input.name} as the model got it`}
            style={style}
            scale={scale}
          />
        )}
      </Pane>
    </div>
  )
}

/** Half of the stage. `children` draws the picture in its place, `scale` px for each of its pixels. */
function Pane({
  input,
  view,
  onView,
  cell,
  onCell,
  showsGrid,
  showsWindows,
  caption,
  size,
  onArea,
  children,
}: PaneProps & {
  caption: string
  size: Size
  onArea: (fitted: Size) => void
  children: (style: { left: number; top: number; width: number; height: number }, scale: number) => ReactNode
}): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const area = useShownSize(box)
  const fitted = fittedSize(size, area)
  const place = placed(fitted, area, view)
  const most = mostScale(input.input, fitted)
  const pointers = useRef(new Map<number, { x: number; y: number }>())

  /** Off the middle of the area, in px. */
  const offMiddle = (x: number, y: number): { x: number; y: number } => {
    const { left, top } = box.current!.getBoundingClientRect()
    return { x: x - left - area.width / 2, y: y - top - area.height / 2 }
  }
  const zoom = (factor: number, x: number, y: number): void =>
    onView((now) => zoomed(now, factor, offMiddle(x, y), fitted, most))
  const onWheel = useEffectEvent((event: WheelEvent) => {
    event.preventDefault()
    // two fingers on a touch pad come as a wheel with Ctrl, in smaller steps
    zoom(Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 300)), event.clientX, event.clientY)
  })
  const tellArea = useEffectEvent(() => onArea(fitted))
  useEffect(() => {
    tellArea()
  }, [area.width, area.height, size.width, size.height])
  useEffect(() => {
    const element = box.current
    const wheel = (event: WheelEvent): void => onWheel(event)
    element?.addEventListener('wheel', wheel, { passive: false })
    return () => element?.removeEventListener('wheel', wheel)
  }, [])

  const point = (event: PointerEvent): void => {
    const { left, top } = box.current!.getBoundingClientRect()
    const x = (event.clientX - left - place.left) / place.width
    const y = (event.clientY - top - place.top) / place.height
    onCell(cellAt(x, y, input.grid))
  }
  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY })
    point(event)
  }
  const onPointerMove = (event: PointerEvent): void => {
    const before = pointers.current.get(event.pointerId)
    const now = { x: event.clientX, y: event.clientY }
    if (!before) return point(event)
    pointers.current.set(event.pointerId, now)
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1]
    if (!other) return onView((view) => panned(view, { x: now.x - before.x, y: now.y - before.y }, fitted))
    const apart = (one: { x: number; y: number }): number => Math.hypot(one.x - other.x, one.y - other.y)
    if (apart(before) > 0) zoom(apart(now) / apart(before), (now.x + other.x) / 2, (now.y + other.y) / 2)
  }
  const onPointerEnd = (event: PointerEvent): void => void pointers.current.delete(event.pointerId)

  return (
    <div
      ref={box}
      className="relative min-h-0 touch-none overflow-hidden bg-mat active:cursor-grabbing"
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerEnd}
      onPointerCancel={onPointerEnd}
      onPointerLeave={() => onCell(null)}
      onDoubleClick={(event) => (view.scale > 1 ? onView(() => FITTED) : zoom(4, event.clientX, event.clientY))}
    >
      {area.width > 0 ? (
        <>
          {children(place, place.width / size.width)}
          <div className="pointer-events-none absolute isolate" style={place}>
            <GridOverlay
              input={input}
              width={place.width}
              showsGrid={showsGrid}
              showsWindows={showsWindows}
              cell={cell}
            />
          </div>
        </>
      ) : null}
      <p className="pointer-events-none absolute top-2 left-2 rounded-md border border-hairline bg-raised px-2 py-0.5 text-small text-muted tabular-nums">
        <span className="font-medium text-ink">{caption}</span> {count(size.width)} × {count(size.height)}
      </p>
    </div>
  )
}
