import { useEffect, useState } from 'react'

const untilMidnight = (): number => new Date().setHours(24, 0, 1, 0) - Date.now()

/** A time of the present day in ms since 1970; changes after midnight, so that what is grouped by day moves on. */
export function useToday(): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setTimeout(() => setNow(Date.now()), untilMidnight())
    return () => clearTimeout(timer)
  }, [now])
  return now
}
