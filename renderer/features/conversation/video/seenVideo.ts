import type { Part } from '#contract'
import { create } from 'zustand'
import type { MediumBefore } from '../../../lib/conversation/state.ts'

export type VideoPart = Extract<Part, { type: 'video' | 'frames' }>

/** Name of a video in a conversation: the message that it came with and its place there. */
export const videoId = (messageId: string, place: number): string => `${messageId}/${place}`

/** A video that an answer can speak of. */
export interface SeenVideo {
  readonly id: string
  /** When the model's first frame is shown, in ms on the player's clock; its time begins there. */
  readonly startMs: number
  /** How long what the model saw is, in ms. */
  readonly durationMs: number
}

/** Where a video begins and how long it is, as the model saw it. */
export function seenPart(part: VideoPart): Pick<SeenVideo, 'startMs' | 'durationMs'> {
  if (part.type === 'frames') return { startMs: 0, durationMs: (part.pictures.length * 1000) / part.fps }
  const { timesMs, fps } = part.sample
  const startMs = timesMs[0] ?? 0
  return { startMs, durationMs: (timesMs.at(-1) ?? startMs) - startMs + 1000 / fps }
}

/** The last video of what stands before an answer; null: there is none. */
export function videoAmong(before: readonly MediumBefore[]): SeenVideo | null {
  const last = before.findLast(({ part }) => part.type !== 'image')
  if (!last || last.part.type === 'image') return null
  return { id: videoId(last.messageId, last.place), ...seenPart(last.part) }
}

/** The place of the frame that is shown at a time; null: none is yet. */
export function frameAt(timesMs: readonly number[], ms: number): number | null {
  // a player stops at the nearest time that its clock knows
  const place = timesMs.findLastIndex((time) => time <= ms + 20)
  return place < 0 ? null : place
}

/**
 * The request that a video plays from a time, in ms on the player's clock. `toMs` null: to its end; equal to `fromMs`:
 * that frame is only shown. Each request is a new object, so that the same time can be requested again.
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
