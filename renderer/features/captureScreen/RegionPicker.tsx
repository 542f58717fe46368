import {
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useReducer,
  useRef,
  useState,
  type PointerEvent,
  type ReactNode,
} from 'react'
import type { Region } from '#contract'
import { fitted, liesWithin, pixelAt, shownRegion, wholeOf, type Handle, type Point } from './geometry.ts'
import { Magnifier } from './Magnifier.tsx'
import { arrowOf, nothingPicked, offered, pick, taken } from './picker.ts'
import { PickerBar } from './PickerBar.tsx'
import { OfferedWindow, RegionBox } from './RegionBox.tsx'

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
 * it
 * lies over the screen it was taken of, pixel on pixel; else it is shown whole, never enlarged. Enter takes the region,
 * Escape cancels.
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
    const observer = new ResizeObserver(() => setArea({ width: element.clientWidth, height: element.clientHeight }))
    observer.observe(element)
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
      aria-label="Choose a region"
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
        whole={isScreen ? 'Whole screen' : 'Whole picture'}
        onWhole={() => take(wholeOf(picture))}
        onLast={again && (() => take(again))}
        delays={delays}
        onTake={() => take(taken(state))}
        onCancel={onCancel}
      />
    </div>
  )
}
