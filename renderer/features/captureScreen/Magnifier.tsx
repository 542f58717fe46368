import type { Size } from '#contract'
import { useLayoutEffect, useRef, type ReactNode } from 'react'
import type { Point } from './geometry.ts'

/** Pixels of the picture across the magnifier, an odd number, and CSS pixels of each. */
const ACROSS = 15
const CELL = 9
const SIDE = ACROSS * CELL
const HEIGHT = SIDE + 26
const APART = 22

/** Beside the pointer, on the other side where there is no room. */
function placeOf(pointer: Point, area: Size): { left: number; top: number } {
  const flip = (at: number, length: number, limit: number): number =>
    at + APART + length <= limit ? at + APART : Math.max(0, at - APART - length)
  return { left: flip(pointer.x, SIDE, area.width), top: flip(pointer.y, HEIGHT, area.height) }
}

/**
 * The pixels around the pointer, each a cell of a grid, and which one it is on. `pointer` is in the area, in CSS
 * pixels.
 */
export function Magnifier({
  picture,
  pixel,
  pointer,
  area,
}: {
  picture: ImageBitmap
  pixel: Point
  pointer: Point
  area: Size
}): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (!context || !canvas.current) return
    const density = window.devicePixelRatio
    canvas.current.width = canvas.current.height = Math.round(SIDE * density)
    context.setTransform(canvas.current.width / ACROSS, 0, 0, canvas.current.height / ACROSS, 0, 0)
    context.imageSmoothingEnabled = false
    context.fillStyle = '#101114'
    context.fillRect(0, 0, ACROSS, ACROSS)
    const middle = (ACROSS - 1) / 2
    context.drawImage(picture, middle - pixel.x, middle - pixel.y)
    const line = 1 / CELL
    context.fillStyle = 'rgb(128 128 128 / 0.35)'
    for (let cell = 1; cell < ACROSS; cell++) {
      context.fillRect(cell - line / 2, 0, line, ACROSS)
      context.fillRect(0, cell - line / 2, ACROSS, line)
    }
    for (const [colour, width] of [
      ['#000000', 3 * line],
      ['#ffffff', 1.5 * line],
    ] as const) {
      context.strokeStyle = colour
      context.lineWidth = width
      context.strokeRect(middle, middle, 1, 1)
    }
  }, [picture, pixel.x, pixel.y])
  return (
    <div
      aria-hidden
      data-testid="magnifier"
      className="pointer-events-none absolute overflow-hidden rounded-lg border border-hairline bg-raised text-ink shadow-float"
      style={{ width: SIDE, ...placeOf(pointer, area) }}
    >
      <canvas ref={canvas} className="block" style={{ width: SIDE, height: SIDE }} />
      <p className="border-t border-hairline py-1 text-center font-mono text-small tabular-nums">
        {pixel.x}, {pixel.y}
      </p>
    </div>
  )
}
