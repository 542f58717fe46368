import { create } from 'zustand'
import type { ErrorInfo } from '#contract'
import type { Moment } from './moments.ts'

/** What is watched. */
export type LiveSource = 'camera' | 'screen'

/** How often it is looked at, in ms. */
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
  /** What can be watched, where the shell lists it; null: not asked. */
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
