import type { ConversationEvent } from '#contract'
import type { StoreApi } from 'zustand/vanilla'
import type { Connection } from '../connection.ts'
import { follow } from '../follow.ts'
import { applyEvents, nothingOpen, opening } from './state.ts'
import type { OpenConversation } from './state.ts'

/** Collects what arrives within one animation frame and hands it over together, in order. */
export interface FrameBatch<T> {
  /** Adds to this frame's batch. */
  later(item: T): void
  /** Hands over at once, together with all that was waiting before it. */
  now(item: T): void
  /** Forgets what is waiting. */
  clear(): void
}

const HIDDEN_FRAME_MS = 100

/** A hidden window gets no animation frames; a timer takes their place there. */
const nextFrame = (run: () => void): void => {
  if (document.hidden) setTimeout(run, HIDDEN_FRAME_MS)
  else requestAnimationFrame(run)
}

/**
 * @param apply Receives each batch, never empty.
 * @param schedule Runs its argument once, later; tests replace it.
 */
export function createFrameBatch<T>(
  apply: (items: readonly T[]) => void,
  schedule: (run: () => void) => void = nextFrame,
): FrameBatch<T> {
  let items: T[] = []
  let scheduled = false
  const flush = (): void => {
    const batch = items
    items = []
    if (batch.length > 0) apply(batch)
  }
  return {
    later: (item) => {
      items.push(item)
      if (scheduled) return
      scheduled = true
      schedule(() => {
        scheduled = false
        flush()
      })
    },
    now: (item) => {
      items.push(item)
      flush()
    },
    clear: () => {
      items = []
    },
  }
}

/** The part of a store that is needed to keep a conversation in it. */
type ConversationStore = Pick<StoreApi<OpenConversation>, 'getState' | 'setState'>

/**
 * Keeps conversation `id` in `store` up to date until `signal` aborts. Text is applied once per animation frame,
 * everything else at once. A conversation that is not there, or no longer, is `missing`, and watching it ends.
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
      if (event.type === 'text' || event.type === 'reasoning') batch.later(event)
      else batch.now(event)
      return gap ? 'again' : undefined
    },
    onRefused: () => store.setState({ ...nothingOpen, id, status: 'missing' }),
  })
}
