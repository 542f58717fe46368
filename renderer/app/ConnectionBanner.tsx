import { t } from '@lingui/core/macro'
import { Unplug } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from '../components/primitives/Button.tsx'
import { restartCore, useConnectionState, useStoppedCore } from '../lib/rpc.ts'
import { told } from '../lib/errors.ts'

/**
 * A quiet line while the core cannot be reached; it goes away by itself. Where the shell says that there is no core, it
 * says why and offers to start it again; where a browser's window is of a core that has ended, it says where to go.
 */
export function ConnectionBanner(): ReactNode {
  const state = useConnectionState()
  const stopped = useStoppedCore()
  if (state !== 'lost') return null
  return (
    <div
      role={stopped ? 'alert' : 'status'}
      className="flex shrink-0 items-center justify-center gap-2 bg-warning-soft px-4 py-2 text-warning"
      data-testid="connection-banner"
    >
      <Unplug className="size-4 shrink-0" aria-hidden />
      {stopped?.code === 'Unauthorized' ? (
        t`${told(stopped)} What was stored is kept.`
      ) : stopped ? (
        <>
          <span>{t`Sightline has stopped behind this window. ${told(stopped)} What was stored is kept.`}</span>
          <Button onClick={restartCore}>{t`Restart`}</Button>
        </>
      ) : (
        t`Connection to Sightline was lost. Reconnecting…`
      )}
    </div>
  )
}
