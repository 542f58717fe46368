import { create } from 'zustand'

/**
 * The request that a video plays from a time, in ms on the player's clock. `toMs` null: to its end; equal to `fromMs`:
 * that
 * frame is only shown. Each request is a new object, so that the same time can be requested again.
 */
export interface PlayRequest {
  readonly id: string
  readonly fromMs: number
  readonly toMs: number | null
}

/** The latest request. */
export const usePlayRequest = create<{ readonly request: PlayRequest | null }>(() => ({ request: null }))

/** Has a video of the conversation play from a time. */
export const playFrom = (id: string, fromMs: number, toMs: number | null): void =>
  usePlayRequest.setState({ request: { id, fromMs, toMs } })

/** Drops the request of a video that is no longer shown. */
export const forgetPlayRequest = (id: string): void =>
  usePlayRequest.setState(({ request }) => ({ request: request?.id === id ? null : request }))
