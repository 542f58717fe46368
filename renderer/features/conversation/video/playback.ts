import { create } from 'zustand'

/** A video that was asked to play from a time, in ms on the player's clock. `toMs` null: on and on; the same: only to show it. Each asking is another object. */
export interface Asked {
  readonly id: string
  readonly fromMs: number
  readonly toMs: number | null
}

/** What was asked for last. */
export const useAsked = create<{ readonly asked: Asked | null }>(() => ({ asked: null }))

/** Has a video of the conversation play from a time. */
export const playFrom = (id: string, fromMs: number, toMs: number | null): void =>
  useAsked.setState({ asked: { id, fromMs, toMs } })

/** Forgets what was asked of a video: it is not shown any more. */
export const forgetAsked = (id: string): void =>
  useAsked.setState(({ asked }) => ({ asked: asked?.id === id ? null : asked }))
