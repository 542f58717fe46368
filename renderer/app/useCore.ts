import { useEffect } from 'react'
import { keepDrafts } from '../features/ask/index.ts'
import { followCapture } from '../features/captureScreen/index.ts'
import { followConversations } from '../features/conversationList/index.ts'
import { followDownloads } from '../features/downloads/index.ts'
import { followEngine } from '../lib/engine.ts'
import { followLibrary } from '../features/models/index.ts'
import { followConversation } from '../features/conversation/index.ts'
import { followSettings } from '../features/settings/index.ts'
import { followHost } from '../lib/host.ts'
import { followAddress } from '../lib/route.ts'

/** Keeps every feature in step with the core while the window is open. */
export function useCore(conversationId: string | null): void {
  useEffect(() => {
    const stop = new AbortController()
    followAddress(stop.signal)
    keepDrafts(stop.signal)
    for (const follow of [
      followHost,
      followSettings,
      followEngine,
      followConversations,
      followLibrary,
      followDownloads,
      followCapture,
    ])
      void follow(stop.signal)
    return () => stop.abort()
  }, [])

  useEffect(() => {
    const stop = new AbortController()
    void followConversation(conversationId, stop.signal)
    return () => stop.abort()
  }, [conversationId])
}
