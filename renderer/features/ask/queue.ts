import { create } from 'zustand'
import { announce } from '../../lib/announce.ts'
import { editedIn } from './draft.ts'
import type { Draft } from './draft.ts'

/**
 * A draft that waits to be sent: of conversation `id`, null: the one that it starts; `edited`: of that question, null: the next one.
 * `refused`: how many files it had refused then.
 */
interface Waiting {
  readonly id: string | null
  readonly edited: string | null
  readonly refused: number
}

/** What is sent when the answer that is being written ends and all of it is stored; null: nothing is. */
export const useQueue = create<{ readonly waiting: Waiting | null }>(() => ({ waiting: null }))

/** Has the draft of a conversation sent when its answer ends, and all of it is stored. */
export function queue(conversationId: string | null, { refusals }: Draft, answering: boolean): void {
  useQueue.setState({ waiting: { id: conversationId, edited: editedIn(conversationId), refused: refusals.length } })
  announce(answering ? 'It is sent when the answer ends.' : 'It is sent when all of it is stored.')
}

/** Nothing waits any more: what did is a draft. */
export const leaveQueue = (): void => useQueue.setState({ waiting: null })
