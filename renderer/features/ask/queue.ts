import { create } from 'zustand'
import { announce } from '../../lib/announce.ts'
import type { Draft } from './draft.ts'

/** A conversation whose draft waits to be sent; `id` null: the one that it starts. `refused`: how many files it had refused then. */
interface Waiting {
  readonly id: string | null
  readonly refused: number
}

/** What is sent when the answer that is being written ends and all of it is stored; null: nothing is. */
export const useQueue = create<{ readonly waiting: Waiting | null }>(() => ({ waiting: null }))

/** Has the draft of a conversation sent when its answer ends, and all of it is stored. */
export function queue(conversationId: string | null, { refusals }: Draft, answering: boolean): void {
  useQueue.setState({ waiting: { id: conversationId, refused: refusals.length } })
  announce(answering ? 'It is sent when the answer ends.' : 'It is sent when all of it is stored.')
}

/** Nothing waits any more: what did is a draft. */
export const leaveQueue = (): void => useQueue.setState({ waiting: null })
