import type { StoreApi } from 'zustand/vanilla'
import type { ConversationEvent } from '#contract'
import type { Connection } from '../connection.ts'
import { follow } from '../follow.ts'
import { createFrameBatch } from '../frameBatch.ts'
import { applyEvents, nothingOpen, opening, type OpenConversation } from './state.ts'

/** The part of a store that is needed to keep a conversation in it. */
type ConversationStore = Pick<StoreApi<OpenConversation>, 'getState' | 'setState'>

/**
 * Keeps conversation `id` in `store` up to date until `signal` aborts. Text is applied once per animation frame,
 * everything
 * else at once. A conversation that is not there, or no longer, is `missing`, and watching it ends.
 *
 * @param onEvent Is called with each event before it is applied.
 */
export async function watchConversation({
  connection,
  id,
  store,
  signal,
  onEvent,
}: {
  connection: Connection
  id: string
  store: ConversationStore
  signal: AbortSignal
  onEvent?: (event: ConversationEvent) => void
}): Promise<void> {
  if (store.getState().id !== id) store.setState(opening(id))
  let gap = false
  const batch = createFrameBatch<ConversationEvent>((events) => {
    if (signal.aborted || gap) return
    const next = applyEvents(store.getState(), events)
    if (next === 'gap') gap = true
    else store.setState(next)
  })
  signal.addEventListener('abort', batch.clear, { once: true })
  await follow<ConversationEvent>({
    connection,
    signal,
    subscribe: (core, round) => core.conversations.watch({ id }, { signal: round }),
    onEvent: (event) => {
      if (event.type === 'snapshot') {
        gap = false
        batch.clear()
      }
      onEvent?.(event)
      if (event.type === 'text') batch.later(event)
      else batch.now(event)
      return gap ? 'again' : undefined
    },
    onRefused: () => store.setState({ ...nothingOpen, id, status: 'missing' }),
  })
}
