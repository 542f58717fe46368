import type { ConversationListEvent } from '#contract'
import { create } from 'zustand'
import { useRoute } from '../../lib/route.ts'
import type { ListState } from './state.ts'

/** Conversations whose answer ended while this window showed another one, until they are opened. */
export const useUnread = create<{ readonly ids: ReadonlySet<string> }>(() => ({ ids: new Set() }))

/** Notes the answers that `events` end, before these are applied to the list; `shown`: the conversation that the window shows. */
export function noteEnded(
  { byId }: Pick<ListState, 'byId'>,
  events: readonly ConversationListEvent[],
  shown: string | null,
): void {
  const ended = events.flatMap((event) =>
    event.type === 'upsert' &&
    byId[event.conversation.id]?.answering &&
    !event.conversation.answering &&
    event.conversation.id !== shown
      ? [event.conversation.id]
      : [],
  )
  if (ended.length > 0) useUnread.setState(({ ids }) => ({ ids: new Set([...ids, ...ended]) }))
}

/** What is opened is read. Returns how to stop. */
export const followReading = (): (() => void) =>
  useRoute.subscribe(({ conversationId }) => {
    if (conversationId !== null && useUnread.getState().ids.has(conversationId))
      useUnread.setState(({ ids }) => ({ ids: new Set([...ids].filter((id) => id !== conversationId)) }))
  })
