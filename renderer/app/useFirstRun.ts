import { useEffect, useState } from 'react'
import { useConversationList } from '../features/conversationList/index.ts'
import { updateSettings, useSettings } from '../features/settings/index.ts'
import { call } from '../lib/rpc.ts'

/** `unknown`: the core has not said yet whether it is due. */
export type FirstRunState = 'unknown' | 'due' | 'over'

/**
 * Whether the first run is due: once, over data that hold no conversation and no choice of a model. `end` leaves it for
 * good.
 */
export function useFirstRun(): { state: FirstRunState; end: () => void } {
  const { settings, loaded } = useSettings()
  const listed = useConversationList(({ status, order }) => (status === 'loading' ? null : order.length))
  const [ended, setEnded] = useState(false)
  const isKnown = loaded && listed !== null
  const isUsed = settings.modelId !== null || (listed ?? 0) > 0
  const isOver = ended || (isKnown && (settings.firstRunDone || isUsed))
  // Stored before the window opens, so that it stays over when the app is closed at once; what cannot be stored opens
  // it too.
  const end = (): void => {
    const open = (): void => setEnded(true)
    call((core) => core.settings.update({ firstRunDone: true })).then(open, open)
  }

  // Data that were there before count as gone through, also once they are deleted.
  useEffect(() => {
    if (isKnown && isUsed && !settings.firstRunDone) void updateSettings({ firstRunDone: true })
  }, [isKnown, isUsed, settings.firstRunDone])

  return { state: isOver ? 'over' : isKnown ? 'due' : 'unknown', end }
}
