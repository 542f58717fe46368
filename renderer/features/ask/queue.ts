import { create } from 'zustand'
import { announce } from '../../lib/announce.ts'

/** The conversation whose draft is sent when the answer that is being written there ends; null: none is. */
export const useQueue = create<{ readonly waiting: string | null }>(() => ({ waiting: null }))

/** Has the draft of a conversation sent when its answer ends. */
export function queue(conversationId: string | null): void {
  useQueue.setState({ waiting: conversationId })
  announce('It is sent when the answer ends.')
}

/** Nothing waits any more: what did is a draft. */
export const leaveQueue = (): void => useQueue.setState({ waiting: null })
