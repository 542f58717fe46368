import { create } from 'zustand'
import type { Thinking } from '#contract'

const NEW = 'new'

/**
 * The conversations in which models may think first, by their ids; `new`: the one that the next question starts. Kept with the
 * conversation's draft, which a window that is loaded again restores.
 */
const useThinkers = create<{ readonly thinkers: ReadonlySet<string> }>(() => ({ thinkers: new Set() }))

const keyOf = (conversationId: string | null): string => conversationId ?? NEW

/** Whether models may think first in a conversation, as it changes. */
export const useThinks = (conversationId: string | null): boolean =>
  useThinkers(({ thinkers }) => thinkers.has(keyOf(conversationId)))

/** What a question of a conversation says of thinking; unset: not. */
export const thinkingIn = (conversationId: string | null): { thinking?: Thinking } =>
  useThinkers.getState().thinkers.has(keyOf(conversationId)) ? { thinking: 'on' } : {}

/** Lets models think first from the next question on, or no more. */
export function setThinks(conversationId: string | null, thinks: boolean): void {
  const thinkers = new Set(useThinkers.getState().thinkers)
  if (thinks) thinkers.add(keyOf(conversationId))
  else thinkers.delete(keyOf(conversationId))
  useThinkers.setState({ thinkers })
}

/** Tells of every conversation in which that changes; null: the one that the next question starts. */
export const onThinks = (listener: (conversationId: string | null) => void): (() => void) =>
  useThinkers.subscribe(({ thinkers: now }, { thinkers: before }) => {
    for (const key of new Set([...now, ...before]))
      if (now.has(key) !== before.has(key)) listener(key === NEW ? null : key)
  })

/** A new conversation has been started: what was chosen for it is its own from now on, and the next one begins without. */
export function keepThinking(conversationId: string): void {
  if (!thinkingIn(null).thinking) return
  setThinks(conversationId, true)
  setThinks(null, false)
}
