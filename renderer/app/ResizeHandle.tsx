import { useRef, type ReactNode } from 'react'
import { SIDEBAR } from './useSidebar.ts'

const STEP_PX = 16

/** The sidebar's edge: drag it or use the arrow keys; a double click goes back to the usual width. */
export function ResizeHandle({ width, onResize }: { width: number; onResize: (width: number) => void }): ReactNode {
  const start = useRef<{ pointer: number; width: number } | null>(null)
  return (
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the sidebar"
      aria-valuenow={width}
      aria-valuemin={SIDEBAR.min}
      aria-valuemax={SIDEBAR.max}
      tabIndex={0}
      className="absolute inset-y-0 -right-1 w-2 cursor-col-resize touch-none hover:bg-active/60"
      onDoubleClick={() => onResize(SIDEBAR.usual)}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        start.current = { pointer: event.clientX, width }
      }}
      onPointerMove={(event) => {
        if (start.current) onResize(start.current.width + event.clientX - start.current.pointer)
      }}
      onPointerUp={() => {
        start.current = null
      }}
      onKeyDown={(event) => {
        if (event.key === 'ArrowLeft') onResize(width - STEP_PX)
        if (event.key === 'ArrowRight') onResize(width + STEP_PX)
      }}
    />
  )
}
