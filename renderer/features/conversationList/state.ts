import type { Conversation, ConversationListEvent } from '#contract'

/** The conversation list: ids newest first, and each conversation by its id. */
export interface ListState {
  readonly status: 'loading' | 'ready'
  readonly order: readonly string[]
  readonly byId: Readonly<Record<string, Conversation>>
}

export const emptyList: ListState = { status: 'loading', order: [], byId: {} }

const same = (a: Conversation | undefined, b: Conversation): boolean =>
  a !== undefined &&
  a.title === b.title &&
  a.createdAt === b.createdAt &&
  a.updatedAt === b.updatedAt &&
  a.leafId === b.leafId

const newestFirst = (byId: ListState['byId']): string[] =>
  Object.values(byId)
    .sort((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? -1 : 1))
    .map((conversation) => conversation.id)

const sameOrder = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id, i) => id === b[i])

function withConversations(state: ListState, byId: ListState['byId']): ListState {
  const order = newestFirst(byId)
  return { status: 'ready', byId, order: sameOrder(state.order, order) ? state.order : order }
}

/** The list after one event; the same reference when the event changes nothing. */
export function applyListEvent(state: ListState, event: ConversationListEvent): ListState {
  switch (event.type) {
    case 'snapshot': {
      const byId = Object.fromEntries(
        event.conversations.map((next) => {
          const known = state.byId[next.id]
          return [next.id, known && same(known, next) ? known : next]
        }),
      )
      const unchanged =
        state.status === 'ready' &&
        event.conversations.length === state.order.length &&
        event.conversations.every((next) => byId[next.id] === state.byId[next.id])
      return unchanged ? state : withConversations(state, byId)
    }
    case 'upsert': {
      const next = event.conversation
      return same(state.byId[next.id], next) ? state : withConversations(state, { ...state.byId, [next.id]: next })
    }
    case 'removed': {
      if (!Object.hasOwn(state.byId, event.id)) return state
      const { [event.id]: _removed, ...byId } = state.byId
      return withConversations(state, byId)
    }
  }
}
