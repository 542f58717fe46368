import type { ConversationListEvent } from '#contract'
import { create } from 'zustand'
import { toAppError } from '../../lib/errors.ts'
import { follow } from '../../lib/follow.ts'
import { useRoute } from '../../lib/route.ts'
import { call, connection } from '../../lib/rpc.ts'
import { createFrameBatch } from '../../lib/conversation/watch.ts'
import { applyListEvents, emptyList } from './state.ts'
import type { ListState } from './state.ts'
import { followReading, noteEnded } from './unread.ts'

/** The conversation list as the core sends it. */
export const useConversationList = create<ListState>(() => emptyList)

/** Title of a conversation, as it changes; undefined while unknown. */
export const useTitle = (id: string | null): string | undefined =>
  useConversationList((state) => (id === null ? undefined : state.byId[id]?.title))

/** Keeps the list up to date until `signal` aborts; what comes within one frame is taken together, as it may be much. */
export function followConversations(signal: AbortSignal): Promise<void> {
  const batch = createFrameBatch<ConversationListEvent>((events) => {
    if (signal.aborted) return
    noteEnded(useConversationList.getState(), events, useRoute.getState().conversationId)
    useConversationList.setState((state) => applyListEvents(state, events))
  })
  signal.addEventListener('abort', followReading())
  return follow<ConversationListEvent>({
    connection,
    signal,
    subscribe: (core, round) => core.conversations.watchList(undefined, { signal: round }),
    onEvent: (event) => (event.type === 'snapshot' ? batch.now(event) : batch.later(event)),
  })
}

/** Conversations that this window deletes for good itself. */
export const removedHere = new Set<string>()

/** Whether this window deleted a conversation for good, or is about to. */
export const isRemovedHere = (id: string): boolean => removedHere.has(id)

/** A title that is being changed. `failure`: why the last one could not be stored. */
export interface Renaming {
  readonly text: string
  readonly isStoring: boolean
  readonly failure: string | null
}

/** The titles that are being changed, by conversation. Kept beside the list, whose rows are made anew when they move. */
export const useRenaming = create<Readonly<Record<string, Renaming>>>(() => ({}))

const setRenaming = (id: string, change: (now: Renaming) => Renaming): void =>
  useRenaming.setState(({ [id]: now }) => (now ? { [id]: change(now) } : {}))

/** Begins to change the title of a conversation. */
export const beginRenaming = (id: string, title: string): void =>
  useRenaming.setState({ [id]: { text: title, isStoring: false, failure: null } })

/** Changes the title that is being changed. */
export const typeTitle = (id: string, text: string): void => setRenaming(id, (now) => ({ ...now, text, failure: null }))

/** Leaves the title as it was. */
export const giveUpRenaming = (id: string): void => useRenaming.setState(({ [id]: _, ...others }) => others, true)

/** Stores the title that was typed in place of `title`; the list follows from the core's own event. */
export async function storeTitle(id: string, title: string): Promise<void> {
  const renaming = useRenaming.getState()[id]
  if (!renaming || renaming.isStoring) return
  const next = renaming.text.trim()
  if (next === '' || next === title) return giveUpRenaming(id)
  setRenaming(id, (now) => ({ ...now, isStoring: true }))
  try {
    await call((core) => core.conversations.rename({ id, title: next }))
    giveUpRenaming(id)
  } catch (thrown) {
    setRenaming(id, (now) => ({ ...now, isStoring: false, failure: toAppError(thrown).message }))
  }
}
