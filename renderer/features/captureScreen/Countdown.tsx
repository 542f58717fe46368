import { useEffect, useState, type ReactNode } from 'react'
import { Button } from '../../components/primitives/Button.tsx'

const left = (until: number): number => Math.max(0, Math.ceil((until - Date.now()) / 1_000))

/** How many seconds are left before the screen is captured, and a way back. `until` in ms since 1970. */
export function Countdown({ until, onCancel }: { until: number; onCancel: () => void }): ReactNode {
  const [seconds, setSeconds] = useState(() => left(until))
  useEffect(() => {
    const timer = setInterval(() => setSeconds(left(until)), 200)
    return () => clearInterval(timer)
  }, [until])
  return (
    <div
      role="status"
      data-testid="countdown"
      className="fixed bottom-4 left-1/2 z-40 flex -translate-x-1/2 items-center gap-3 rounded-lg border border-hairline bg-raised py-1.5 pr-1.5 pl-4 shadow-float"
    >
      <span className="tabular-nums">The screen is captured in {seconds} s</span>
      <Button onClick={onCancel}>Cancel</Button>
    </div>
  )
}
