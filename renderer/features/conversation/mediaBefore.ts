import type { Message } from '#contract'
import { useEffect, useMemo } from 'react'
import { mediaBefore } from '../../lib/conversation/state.ts'
import type { MediumBefore } from '../../lib/conversation/state.ts'
import { loadMedia, useOpenConversation } from './store.ts'

const none: readonly MediumBefore[] = []

/**
 * The pictures and videos before a message; none until they are known. `isWanted`: the core is asked for those of messages that are
 * not loaded.
 */
export function useMediaBefore(message: Message, isWanted: boolean): readonly MediumBefore[] {
  const asked = useOpenConversation((state) => state.media)
  const known = useMemo(
    // what comes after a message changes nothing of this
    () => mediaBefore({ ...useOpenConversation.getState(), media: asked }, message),
    [asked, message],
  )
  const isMissing = isWanted && known === null
  useEffect(() => {
    if (isMissing) loadMedia()
  }, [isMissing])
  return known ?? none
}
