import type { ReactNode } from 'react'

/** A picture that nothing is chosen of yet: a little dimmed, but for the window that a click would take. `shown` is in CSS pixels. */
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
