import { create } from 'zustand'

const NEW = 'new'
const keyOf = (conversationId: string | null): string => conversationId ?? NEW

/** Something that is chosen for each conversation by itself; null as its id: for the one that the next question starts. */
export interface Chosen<T> {
  /** What is chosen, as it changes; null: nothing. */
  readonly useIn: (conversationId: string | null) => T | null
  /** What is chosen right now. */
  readonly in: (conversationId: string | null) => T | null
  /** Chooses from the next question on; null: nothing any more. Returns whether anything is chosen for any conversation. */
  readonly set: (conversationId: string | null, value: T | null) => boolean
  /** Tells of every conversation for which that changes. */
  readonly onChange: (listener: (conversationId: string | null) => void) => () => void
  /** A new conversation has been started: what was chosen for it is its own from now on, and the next one begins without. */
  readonly keep: (conversationId: string) => void
}

/**
 * A choice that stays from question to question of a conversation. It is kept with the conversation's draft, which a window that is
 * loaded again restores.
 */
export function createChosen<T>(): Chosen<T> {
  const useChosen = create<{ readonly chosen: Readonly<Record<string, T>> }>(() => ({ chosen: {} }))
  const chosenIn = (conversationId: string | null): T | null =>
    useChosen.getState().chosen[keyOf(conversationId)] ?? null
  const set = (conversationId: string | null, value: T | null): boolean => {
    const { [keyOf(conversationId)]: before, ...others } = useChosen.getState().chosen
    const chosen = value === null ? others : { ...others, [keyOf(conversationId)]: value }
    if ((before ?? null) !== value) useChosen.setState({ chosen })
    return Object.keys(chosen).length > 0
  }
  return {
    useIn: (conversationId) => useChosen(({ chosen }) => chosen[keyOf(conversationId)] ?? null),
    in: chosenIn,
    set,
    onChange: (listener) =>
      useChosen.subscribe(({ chosen: now }, { chosen: before }) => {
        for (const key of new Set([...Object.keys(now), ...Object.keys(before)]))
          if (now[key] !== before[key]) listener(key === NEW ? null : key)
      }),
    keep: (conversationId) => {
      const value = chosenIn(null)
      if (value === null) return
      set(conversationId, value)
      set(null, null)
    },
  }
}
