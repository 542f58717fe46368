import type { ConversationListEvent } from '#contract'
import { create } from 'zustand'
import { toAppError } from '../../lib/errors.ts'
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

/** Conversations that this window removes itself. */
const removedHere = new Set<string>()

/** Whether this window removed a conversation, or is about to. */
export const isRemovedHere = (id: string): boolean => removedHere.has(id)

/** Removes a conversation with its messages and the pictures only it used. */
export async function remove(id: string): Promise<void> {
  removedHere.add(id)
  try {
    await call((core) => core.conversations.remove({ id }))
  } catch (thrown) {
    removedHere.delete(id)
    throw thrown
  }
}

/** A title that is being changed. `failure`: why the last one could not be stored. */
export interface Renaming {
  readonly id: string
  readonly text: string
  readonly isStoring: boolean
  readonly failure: string | null
}

/** The title that is being changed, null: none is. Kept beside the list, whose rows are made anew when they move. */
export const useRenaming = create<{ readonly renaming: Renaming | null }>(() => ({ renaming: null }))

const setRenaming = (change: (now: Renaming) => Renaming | null): void =>
  useRenaming.setState(({ renaming }) => ({ renaming: renaming && change(renaming) }))

/** Begins to change the title of a conversation. */
export const beginRenaming = (id: string, title: string): void =>
  useRenaming.setState({ renaming: { id, text: title, isStoring: false, failure: null } })

/** Changes the title that is being changed. */
export const typeTitle = (text: string): void => setRenaming((now) => ({ ...now, text, failure: null }))

/** Leaves the title as it was. */
export const giveUpRenaming = (): void => useRenaming.setState({ renaming: null })

/** Stores the title that was typed in place of `title`; the list follows from the core's own event. */
export async function storeTitle(title: string): Promise<void> {
  const { renaming } = useRenaming.getState()
  if (!renaming || renaming.isStoring) return
  const { id, text } = renaming
  const next = text.trim()
  if (next === '' || next === title) return giveUpRenaming()
  setRenaming((now) => ({ ...now, isStoring: true }))
  let failure: string | null = null
  try {
    await call((core) => core.conversations.rename({ id, title: next }))
  } catch (thrown) {
    failure = toAppError(thrown).message
  }
  setRenaming((now) => (now.id !== id ? now : failure === null ? null : { ...now, isStoring: false, failure }))
}
