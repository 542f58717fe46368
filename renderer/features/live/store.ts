import { create } from 'zustand'
import type { ErrorInfo } from '#contract'

/** A frame that was kept because it showed something new. `at` in ms, on the clock of `performance.now`. */
export interface Moment {
  readonly at: number
  readonly picture: Blob
}

/** The longest time that moments are kept, in ms. */
export const KEPT_MS = 60_000
/** The most frames of one question: more cost tokens and show little more. */
export const MAX_QUESTION_FRAMES = 32

/**
 * The moments with a new one, without those that are too old. The last one before is kept: it is what was seen until
 * then.
 */
export function withMoment(moments: readonly Moment[], moment: Moment): readonly Moment[] {
  const from = moment.at - KEPT_MS
  const firstKept = moments.findLastIndex(({ at }) => at <= from)
  return [...moments.slice(Math.max(0, firstKept)), moment]
}

/** The moments of the last `seconds`, with the one before, which was still in view when they began. */
export function lately(moments: readonly Moment[], now: number, seconds: number): readonly Moment[] {
  const from = now - seconds * 1_000
  return moments.slice(
    Math.max(
      0,
      moments.findLastIndex(({ at }) => at <= from),
    ),
  )
}

/** At most `most` of them, evenly chosen, the first and the last always. */
export function thinned<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items
  return Array.from({ length: most }, (_, index) => items[Math.round((index * (items.length - 1)) / (most - 1))] as T)
}

/** Frames per second of moments that are asked about as a video; 1 where they are too few to say. */
export function rateOf(moments: readonly Moment[]): number {
  const [first, last] = [moments[0]?.at ?? 0, moments.at(-1)?.at ?? 0]
  return last > first ? Math.min(30, Math.max(0.05, ((moments.length - 1) * 1_000) / (last - first))) : 1
}

/** The source of a live view. */
export type LiveSource = 'camera' | 'screen'

/** The intervals at which the view can be looked at, in ms. */
export const INTERVALS = [500, 1_000, 2_000, 5_000] as const
/** Over how many of the last seconds can be asked. */
export const SPANS = [10, 30, 60] as const

/** The live view: off at first, and again with every start of the window. `moments` are in memory alone. */
export interface LiveState {
  readonly source: LiveSource | null
  /** A source is being opened. */
  readonly opening: boolean
  readonly stream: MediaStream | null
  readonly intervalMs: number
  readonly moments: readonly Moment[]
  readonly error: ErrorInfo | null
  /** The screens and windows to choose from, where the shell lists them; null while none is to be chosen. */
  readonly choices: readonly { id: string; name: string }[] | null
}

export const off: Omit<LiveState, 'intervalMs'> = {
  source: null,
  opening: false,
  stream: null,
  moments: [],
  error: null,
  choices: null,
}

export const useLive = create<LiveState>(() => ({ ...off, intervalMs: 1_000 }))
