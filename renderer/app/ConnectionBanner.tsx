import { Unplug } from 'lucide-react'
import type { ReactNode } from 'react'
import { useConnectionState } from '../lib/rpc.ts'

/** A line that is shown while the core cannot be reached. */
export function ConnectionBanner(): ReactNode {
  const state = useConnectionState()
  if (state !== 'lost') return null
  return (
    <div
      role="status"
      className="flex shrink-0 items-center justify-center gap-2 bg-warning-soft px-4 py-2 text-warning"
      data-testid="connection-banner"
    >
      <Unplug className="size-4 shrink-0" aria-hidden />
      Connection to Sightline was lost. Reconnecting…
    </div>
  )
}
