import { useEffect, useRef, useState } from 'react'
import type { Fit, Placement } from '#contract'
import { planFor } from './store.ts'

/**
 * How a model would run with `placement`; null before it is known. One question is on its way at a time, and the latest
 * placement is asked next, so that a slider can be dragged.
 */
export function usePlan(modelId: string, placement: Placement): Fit | null {
  const [fit, setFit] = useState<Fit | null>(null)
  const wanted = useRef<string | null>(null)
  const asking = useRef(false)
  const key = JSON.stringify(placement)
  useEffect(() => {
    wanted.current = key
    const ask = async (): Promise<void> => {
      asking.current = true
      for (let next = wanted.current; next !== null; next = wanted.current) {
        wanted.current = null
        // What cannot be planned (files are missing) is shown with the files; here there is just no figure.
        const known = await planFor(modelId, JSON.parse(next) as Placement).catch(() => null)
        if (wanted.current === null) setFit(known?.fit ?? null)
      }
      asking.current = false
    }
    if (!asking.current) void ask()
  }, [modelId, key])
  return fit
}
