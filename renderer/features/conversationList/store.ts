import type { ConversationListEvent } from '#contract'
import { create } from 'zustand'
import { follow } from '../../lib/follow.ts'
import { call, connection } from '../../lib/rpc.ts'
import { applyListEvent, emptyList } from './state.ts'
import type { ListState } from './state.ts'

/** The conversation list as the core sends it. */
export const useConversationList = create<ListState>(() => emptyList)

/** Title of a conversation, as it changes; undefined while unknown. */
export const useTitle = (id: string | null): string | undefined =>
  useConversationList((state) => (id === null ? undefined : state.byId[id]?.title))

/** Keeps the list up to date until `signal` aborts. */
export const followConversations = (signal: AbortSignal): Promise<void> =>
  follow<ConversationListEvent>({
    connection,
    signal,
    subscribe: (core, round) => core.conversations.watchList(undefined, { signal: round }),
    onEvent: (event) => useConversationList.setState((state) => applyListEvent(state, event)),
  })

/** Renames a conversation; the list follows from the core's own event. */
export async function rename(id: string, title: string): Promise<void> {
  await call((core) => core.conversations.rename({ id, title }))
}

/** Removes a conversation with its messages and the pictures only it used. */
export const remove = (id: string): Promise<void> => call((core) => core.conversations.remove({ id }))
