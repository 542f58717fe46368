import type { ReactNode } from 'react'
import { useAnnouncement } from '../../lib/announce.ts'

/** The live region from which screen readers read what `announce` says. */
export function LiveRegion(): ReactNode {
  const text = useAnnouncement((state) => state.text)
  return (
    <div role="status" aria-live="polite" className="sr-only" data-testid="announcement">
      {text}
    </div>
  )
}
