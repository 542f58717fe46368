import type { ReactNode } from 'react'
import type { Region } from '#contract'
import type { Handle } from './geometry.ts'

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
export function RegionBox({
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
export function OfferedWindow({
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
