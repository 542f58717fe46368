import type { LanguageContext } from '../language/context.ts'
import type { Unit } from '../prompt/positions.ts'
import { digestAfter, NOTHING_BEFORE } from './kvStateStore.ts'
import type { SavedState } from './kvStateStore.ts'

/**
 * Recurrent states that are kept on disk of a conversation: how it is now, and the last two places that it can go back to,
 * which are the next question's and that of an edit.
 */
export const STATE_SLOTS = 3

/** Behind how many units a context's recurrent state is worth saving, in their order; none of a model without one. */
export function wantedStates(context: Pick<LanguageContext, 'isHybrid' | 'checkpointsHeld' | 'length'>): number[] {
  if (!context.isHybrid || context.length === 0) return []
  const places = new Set([...context.checkpointsHeld.slice(1 - STATE_SLOTS).map(({ at }) => at), context.length])
  return [...places].sort((a, b) => a - b)
}

/** Those of the saved states that are of what `units` begin with, the one of most units last. */
export function fittingStates(saved: readonly (SavedState | null)[], units: readonly Unit[]): SavedState[] {
  return saved
    .filter((state) => state !== null)
    .filter(({ ends, digest }) => ends.length > 0 && ends.at(-1)! <= units.length && digestOf(units, ends) === digest)
    .sort((a, b) => a.ends.at(-1)! - b.ends.at(-1)!)
}

const digestOf = (units: readonly Unit[], ends: readonly number[]): string => digestsOf(units, ends).at(-1)!

/** Names what `units` begin with up to each of these ends. */
export function digestsOf(units: readonly Unit[], ends: readonly number[]): string[] {
  let before = NOTHING_BEFORE
  return ends.map((end, i) => (before = digestAfter({ before, units: units.slice(ends[i - 1] ?? 0, end) })))
}
