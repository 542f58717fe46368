import { create } from 'zustand'

/** A model whose answers come beside those of the current one. */
export interface Compared {
  readonly id: string
  readonly name: string
}

/** With what each conversation compares, by its id; `new`: the one that the next question starts. */
export type Comparing = Readonly<Record<string, Compared>>

const NEW = 'new'

/** Kept with the conversation's draft, which a window that is loaded again restores. */
const useComparing = create<{ readonly comparing: Comparing }>(() => ({ comparing: {} }))

/** With what a conversation compares, as it changes; null: with nothing. */
export const useCompared = (conversationId: string | null): Compared | null =>
  useComparing(({ comparing }) => comparing[conversationId ?? NEW] ?? null)

/** With what a conversation compares right now. */
export const comparedIn = (conversationId: string | null): Compared | null =>
  useComparing.getState().comparing[conversationId ?? NEW] ?? null

/** Tells of every conversation that begins or ends to compare; null: the one that the next question starts. */
export const onCompared = (listener: (conversationId: string | null) => void): (() => void) =>
  useComparing.subscribe(({ comparing: now }, { comparing: before }) => {
    for (const key of new Set([...Object.keys(now), ...Object.keys(before)]))
      if (now[key] !== before[key]) listener(key === NEW ? null : key)
  })

/**
 * Compares with another model from the next question on; null: no more. Returns whether any conversation still
 * compares.
 */
export function compareIn(conversationId: string | null, compared: Compared | null): boolean {
  const { comparing } = useComparing.getState()
  const rest = Object.entries(comparing).filter(([key]) => key !== (conversationId ?? NEW))
  const next = Object.fromEntries(compared ? [...rest, [conversationId ?? NEW, compared]] : rest)
  useComparing.setState({ comparing: next })
  return Object.keys(next).length > 0
}

/** A new conversation has been started: what it compares with is its own from now on. */
export function keepComparing(conversationId: string): void {
  const compared = comparedIn(null)
  if (!compared) return
  compareIn(conversationId, compared)
  compareIn(null, null)
}
