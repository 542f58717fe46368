import { t } from '@lingui/core/macro'
import type { Region, Size } from '#contract'
import { useEffect, useEffectEvent, useLayoutEffect, useReducer, useRef, useState } from 'react'
import type { PointerEvent, ReactNode } from 'react'
import { PickerBar } from './PickerBar.tsx'
import { fitted, liesWithin, pixelAt, shownRegion, wholeOf } from './geometry.ts'
import type { Handle, Point } from './geometry.ts'
import { arrowOf, nothingPicked, offered, pick, taken } from './picker.ts'

const NONE: readonly Region[] = []

/** The thing under the pointer: a handle, the region, or the picture. */
function gripOf(target: EventTarget): 'picture' | 'region' | Handle {
  const grip = target instanceof HTMLElement ? target.dataset['grip'] : undefined
  if (grip === undefined || grip === 'region') return grip ?? 'picture'
  const [x, y] = grip.split(',').map(Number)
  return { x, y } as Handle
}

/**
 * A captured picture on which a region is chosen: drawn, moved and sized with the pointer or the keyboard. `isScreen`:
 * it lies over the screen it was taken of, pixel on pixel; else it is shown whole, never enlarged. Enter takes the
 * region, Escape cancels.
 */
export function RegionPicker({
  picture,
  windows = NONE,
  isScreen,
  last,
  delays,
  onTake,
  onCancel,
}: {
  picture: ImageBitmap
  /** Where windows are in the picture, the frontmost first: a click takes one. */
  windows?: readonly Region[]
  isScreen: boolean
  /** The region that was taken last; null when there is none for this picture. */
  last: Region | null
  /** Captures again after so many seconds; undefined where that is not possible. */
  delays?: (seconds: number) => void
  /** `shown`: where the region is in the window, in CSS pixels. */
  onTake: (region: Region, shown: Region) => void
  onCancel: () => void
}): ReactNode {
  const frame = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [area, setArea] = useState({ width: window.innerWidth, height: window.innerHeight })
  const [state, send] = useReducer(pick, picture, ({ width, height }) => nothingPicked({ width, height }))
  const view = fitted(picture, area, isScreen ? 0 : window.devicePixelRatio)
  const again = last && liesWithin(last, picture) ? last : null

  const take = (region: Region): void => {
    const { x, y, width, height } = shownRegion(region, view)
    const rounded = {
      x: Math.round(x),
      y: Math.round(y),
      width: Math.max(1, Math.round(width)),
      height: Math.max(1, Math.round(height)),
    }
    onTake(region, rounded)
  }

  useEffect(() => send({ type: 'windows', windows }), [windows])
  useLayoutEffect(() => {
    const element = canvas.current
    if (!element) return
    element.width = picture.width
    element.height = picture.height
    element.getContext('2d', { alpha: false })?.drawImage(picture, 0, 0)
  }, [picture])

  useLayoutEffect(() => {
    const element = frame.current
    if (!element) return
    const measure = (): void => setArea({ width: element.clientWidth, height: element.clientHeight })
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    // before the first paint too: where a pixel is must not change under the pointer
    measure()
    element.focus()
    return () => observer.disconnect()
  }, [])

  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const by = arrowOf(event.key, event.shiftKey)
    const target = event.target instanceof HTMLElement ? event.target : null
    if (target?.closest('[role=menu]')) return
    if (event.key === 'Escape') onCancel()
    else if (target?.closest('button')) return
    else if (event.key === 'Enter') take(taken(state))
    else if (by) send({ type: 'nudge', by, sizing: event.altKey || event.ctrlKey })
    else return
    event.preventDefault()
    event.stopPropagation()
  })
  // Before the first paint: whoever sees the picker can leave it.
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent): void => onKey(event)
    window.addEventListener('keydown', listen, { capture: true })
    return () => window.removeEventListener('keydown', listen, { capture: true })
  }, [])

  const inArea = (event: PointerEvent): Point => {
    const box = frame.current?.getBoundingClientRect()
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) }
  }
  const pixel = (event: PointerEvent): Point => pixelAt(inArea(event), view, picture)
  const shown = state.region && shownRegion(state.region, view)
  const click = offered(state)
  const corner = state.pointer && shownRegion({ ...state.pointer, width: 1, height: 1 }, view)
  // The bar makes way for a region that reaches down to it.
  const isBarUp = shown !== null && shown.y + shown.height > area.height - 90 && shown.y > 90

  return (
    <div
      role="dialog"
      aria-modal
      aria-label={t`Choose a region`}
      className={isScreen ? 'absolute inset-0 overflow-hidden bg-[#000]' : 'fixed inset-0 z-40 overflow-hidden bg-mat'}
    >
      <div
        ref={frame}
        tabIndex={-1}
        data-testid="picker"
        className={
          isScreen
            ? 'absolute inset-0 cursor-crosshair touch-none outline-none'
            : 'absolute inset-x-4 top-4 bottom-20 cursor-crosshair touch-none outline-none'
        }
        onPointerDown={(event) => {
          if (event.button !== 0) return
          event.currentTarget.setPointerCapture(event.pointerId)
          send({ type: 'press', at: pixel(event), on: gripOf(event.target) })
        }}
        onPointerMove={(event) => send({ type: 'point', at: pixel(event) })}
        onPointerUp={() => send({ type: 'release' })}
        onPointerCancel={() => send({ type: 'release' })}
        onPointerLeave={() => send({ type: 'leave' })}
        onDoubleClick={() => take(taken(state))}
      >
        <div
          className="absolute overflow-hidden"
          style={{ left: view.x, top: view.y, width: picture.width * view.scale, height: picture.height * view.scale }}
        >
          <canvas ref={canvas} className="block size-full" />
          {shown && state.region ? (
            <RegionBox region={state.region} shown={{ ...shown, x: shown.x - view.x, y: shown.y - view.y }} />
          ) : (
            <OfferedWindow shown={click && shownRegion(click, { ...view, x: 0, y: 0 })} />
          )}
        </div>
        {state.pointer && corner && (state.drag === null ? state.region === null : state.drag.kind !== 'move') ? (
          <Magnifier picture={picture} pixel={state.pointer} pointer={corner} area={area} />
        ) : null}
      </div>
      <PickerBar
        region={state.region}
        hasWindows={windows.length > 0}
        isUp={isBarUp}
        whole={isScreen ? t`Whole screen` : t`Whole picture`}
        onWhole={() => take(wholeOf(picture))}
        onLast={again && (() => take(again))}
        delays={delays}
        onTake={() => take(taken(state))}
        onCancel={onCancel}
      />
    </div>
  )
}

const sides = [-1, 0, 1] as const
const handles = sides.flatMap((y) => sides.map((x): Handle => ({ x, y }))).filter(({ x, y }) => x !== 0 || y !== 0)
const cursors: Record<string, string> = {
  '-1,-1': 'nwse',
  '1,1': 'nwse',
  '1,-1': 'nesw',
  '-1,1': 'nesw',
  '0,-1': 'ns',
  '0,1': 'ns',
  '-1,0': 'ew',
  '1,0': 'ew',
}
const at = (side: -1 | 0 | 1): string => `${(side + 1) * 50}%`

/** The chosen region over a dimmed picture, with its size in pixels and handles. `shown` is in CSS pixels. */
function RegionBox({
  region,
  shown,
}: {
  region: Region
  shown: { x: number; y: number; width: number; height: number }
}): ReactNode {
  return (
    <div
      data-testid="region"
      data-region={`${region.x},${region.y},${region.width},${region.height}`}
      data-grip="region"
      className="absolute cursor-move shadow-[0_0_0_9999px_rgb(0_0_0/0.5)] outline-1 outline-[#fff]"
      style={{ left: shown.x, top: shown.y, width: shown.width, height: shown.height }}
    >
      <p className="pointer-events-none absolute bottom-full left-0 mb-1.5 rounded-md bg-[rgb(0_0_0/0.75)] px-1.5 py-0.5 font-mono text-small whitespace-nowrap text-[#fff] tabular-nums">
        {region.width} × {region.height}
      </p>
      {handles.map(({ x, y }) => (
        <span
          key={`${x},${y}`}
          data-grip={`${x},${y}`}
          className="absolute flex size-5 -translate-x-1/2 -translate-y-1/2 items-center justify-center"
          style={{ left: at(x), top: at(y), cursor: `${cursors[`${x},${y}`]}-resize` }}
        >
          <span className="pointer-events-none size-2 rounded-full border border-[rgb(0_0_0/0.6)] bg-[#fff]" />
        </span>
      ))}
    </div>
  )
}

/**
 * A picture that nothing is chosen of yet: a little dimmed, but for the window that a click would take. `shown` is in
 * CSS pixels.
 */
function OfferedWindow({
  shown,
}: {
  shown: { x: number; y: number; width: number; height: number } | null
}): ReactNode {
  if (!shown) return <div className="pointer-events-none absolute inset-0 bg-[rgb(0_0_0/0.22)]" />
  return (
    <div
      data-testid="offered-window"
      className="pointer-events-none absolute shadow-[0_0_0_9999px_rgb(0_0_0/0.3)] outline-2 -outline-offset-2 outline-accent"
      style={{ left: shown.x, top: shown.y, width: shown.width, height: shown.height }}
    />
  )
}

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
function Magnifier({
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
