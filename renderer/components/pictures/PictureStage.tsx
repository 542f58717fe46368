import { useEffect, useEffectEvent, useRef, useState, type PointerEvent, type ReactNode } from 'react'
import type { Placement } from './MarkingLayer.tsx'
import { fitScale, zoomAt, type View, type ViewedPicture } from './viewerZoom.ts'

/**
 * The area of the viewer in which a picture lies: the wheel zooms at the pointer, dragging moves it, a double click
 * goes
 * between fitted and full size. `view` null: fitted. Each new `step` zooms once about the centre. `children` is called
 * with the place of the picture and lies over it.
 */
export function PictureStage({
  picture,
  view,
  onView,
  step,
  children,
}: {
  picture: ViewedPicture
  view: View | null
  onView: (view: View | null) => void
  step: { factor: number } | null
  children?: (placement: Placement) => ReactNode
}): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const drag = useRef<{ x: number; y: number } | null>(null)
  const [size, setSize] = useState({ width: 0, height: 0 })
  const fitted = size.width > 0 ? fitScale(picture, { width: size.width - 48, height: size.height - 48 }) : 0
  const shown = view ?? { scale: fitted, x: 0, y: 0 }
  const [width, height] = [picture.width * shown.scale, picture.height * shown.scale]
  const placement = {
    left: (size.width - width) / 2 + shown.x,
    top: (size.height - height) / 2 + shown.y,
    width,
    height,
  }

  const zoom = useEffectEvent((factor: number, pointer = { x: 0, y: 0 }) =>
    onView(zoomAt(shown, factor, pointer, fitted)),
  )
  const offCentre = (event: { clientX: number; clientY: number }): { x: number; y: number } => {
    const area = box.current?.getBoundingClientRect()
    return area
      ? { x: event.clientX - area.left - area.width / 2, y: event.clientY - area.top - area.height / 2 }
      : { x: 0, y: 0 }
  }
  const onWheel = useEffectEvent((event: WheelEvent) => {
    event.preventDefault()
    zoom(Math.exp(-event.deltaY / 300), offCentre(event))
  })

  useEffect(() => {
    if (step) zoom(step.factor)
  }, [step])

  useEffect(() => {
    const element = box.current
    if (!element) return
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }))
    observer.observe(element)
    const wheel = (event: WheelEvent): void => onWheel(event)
    element.addEventListener('wheel', wheel, { passive: false })
    return () => {
      observer.disconnect()
      element.removeEventListener('wheel', wheel)
    }
  }, [])

  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    drag.current = { x: event.clientX - shown.x, y: event.clientY - shown.y }
  }
  const onPointerMove = (event: PointerEvent): void => {
    if (drag.current) onView({ ...shown, x: event.clientX - drag.current.x, y: event.clientY - drag.current.y })
  }
  const onPointerEnd = (): void => {
    drag.current = null
  }
  return (
    <div
      ref={box}
      className="relative min-h-0 flex-1 touch-none overflow-hidden active:cursor-grabbing"
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerEnd}
      onPointerCancel={onPointerEnd}
      onDoubleClick={(event) => onView(view ? null : zoomAt(shown, 1 / shown.scale, offCentre(event), fitted))}
    >
      <img
        src={picture.url}
        alt={picture.name}
        draggable={false}
        className="absolute top-1/2 left-1/2 max-w-none select-none"
        style={{
          width: picture.width,
          height: picture.height,
          transform: `translate(calc(-50% + ${shown.x}px), calc(-50% + ${shown.y}px)) scale(${shown.scale})`,
          imageRendering: shown.scale >= 3 ? 'pixelated' : 'auto',
        }}
      />
      {size.width > 0 ? children?.(placement) : null}
    </div>
  )
}
