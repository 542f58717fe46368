import { t } from '@lingui/core/macro'
import { useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'
import { clock } from '../../lib/format.ts'
import { keyStep, moveEdge, type Trim, type TrimEdge } from './trimming.ts'

const edges: readonly (readonly [TrimEdge, string])[] = [
  ['start', t`In`],
  ['end', t`Out`],
]

/**
 * A video as a bar with an in and an out point, which are moved with the pointer or the keyboard. `step`: the length of
 * a frame in ms; `pictures`: what is shown along the bar. `onMove` is called with every change of the part, and with
 * the time of the point that was moved.
 */
export function TrimBar({
  duration,
  step,
  trim,
  pictures,
  onMove,
}: {
  duration: number
  step: number
  trim: Trim
  pictures: readonly string[]
  onMove: (trim: Trim, at: number) => void
}): ReactNode {
  const bar = useRef<HTMLDivElement>(null)
  const [dragged, setDragged] = useState<TrimEdge | null>(null)
  const share = (ms: number): string => `${(100 * ms) / duration}%`
  const timeAt = (event: PointerEvent): number => {
    const area = bar.current?.getBoundingClientRect()
    return area && area.width > 0 ? ((event.clientX - area.left) / area.width) * duration : 0
  }
  const move = (edge: TrimEdge, to: number): void => {
    const next = moveEdge(trim, edge, to, duration, step)
    if (next !== trim) onMove(next, next[edge])
  }
  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return
    event.preventDefault()
    event.currentTarget.setPointerCapture(event.pointerId)
    const at = timeAt(event)
    const edge = Math.abs(at - trim.start) <= Math.abs(at - trim.end) ? 'start' : 'end'
    setDragged(edge)
    bar.current?.querySelector<HTMLElement>(`[data-edge="${edge}"]`)?.focus()
    move(edge, at)
  }
  const onKeyDown = (event: KeyboardEvent, edge: TrimEdge): void => {
    const by = keyStep(event.key, event.shiftKey, duration, step)
    if (by === null) return
    event.preventDefault()
    move(edge, trim[edge] + by)
  }
  return (
    <div className="flex flex-col gap-1">
      <div
        ref={bar}
        className="relative mx-4 h-12 touch-none rounded-md bg-mat select-none"
        onPointerDown={onPointerDown}
        onPointerMove={(event) => dragged && move(dragged, timeAt(event))}
        onPointerUp={() => setDragged(null)}
        onPointerCancel={() => setDragged(null)}
      >
        <div className="absolute inset-0 flex overflow-hidden rounded-md" aria-hidden>
          {pictures.map((url, index) => (
            <img key={index} src={url} alt="" draggable={false} className="h-full min-w-0 flex-1 object-cover" />
          ))}
        </div>
        <div className="absolute inset-y-0 left-0 rounded-l-md bg-canvas/75" style={{ width: share(trim.start) }} />
        <div
          className="absolute inset-y-0 right-0 rounded-r-md bg-canvas/75"
          style={{ width: share(duration - trim.end) }}
        />
        <div
          className="pointer-events-none absolute inset-y-0 border-y-2 border-accent"
          style={{ left: share(trim.start), right: share(duration - trim.end) }}
        />
        {edges.map(([edge, label]) => (
          <div
            key={edge}
            role="slider"
            tabIndex={0}
            data-edge={edge}
            aria-label={t`${label} point`}
            aria-valuemin={0}
            aria-valuemax={Math.round(duration)}
            aria-valuenow={Math.round(trim[edge])}
            aria-valuetext={clock(trim[edge], true)}
            onKeyDown={(event) => onKeyDown(event, edge)}
            className={cx(
              'absolute inset-y-0 flex w-4 cursor-ew-resize items-center justify-center bg-accent',
              edge === 'start' ? '-translate-x-full rounded-l-md' : 'rounded-r-md',
            )}
            style={{ left: share(trim[edge]) }}
          >
            <span className="h-4 w-0.5 rounded-full bg-on-accent" />
          </div>
        ))}
      </div>
      <div className="flex justify-between text-small text-muted tabular-nums">
        <span>{clock(trim.start, true)}</span>
        <span className="text-ink">{t`${clock(trim.end - trim.start, true)} chosen`}</span>
        <span>{clock(trim.end, true)}</span>
      </div>
    </div>
  )
}
