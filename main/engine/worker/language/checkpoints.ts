import { unitTokens } from '../prompt/positions.ts'
import type { Unit } from '../prompt/positions.ts'

/** A copy of the recurrent state as it was behind the first `at` units, which have so many `tokens`. */
export interface Checkpoint {
  readonly at: number
  readonly tokens: number
  readonly data: Uint8Array
}

/** Turns that begin within so many tokens of a checkpoint need none of their own, unless they are the last. */
const APART_TOKENS = 256
/** In a longer text than this a checkpoint is made at the end of each such run. */
const LONGEST_RUN_TOKENS = 2048
/** The question, the last turn but one, needs one where so many tokens of the answer before it would be computed again. */
const WORTH_TOKENS = 64
/** The last turns, of the question and of the answer. */
const LAST_TURNS = 2

/**
 * The copies of a sequence's recurrent state, of which it can go back to each. A state cannot be cut back like keys and
 * values: what stands between the last copy and the place that is wanted has to be computed again.
 */
export class Checkpoints {
  private readonly most: number
  /** In the order of the units. */
  private kept: Checkpoint[] = []

  /** `most`: how many are kept; 0: none. */
  constructor(most: number) {
    this.most = most
  }

  get all(): readonly Checkpoint[] {
    return this.kept
  }

  /** Whether one more is kept at all. */
  get takesAny(): boolean {
    return this.most > 0
  }

  /** The last one at or before `count` units; null: only the beginning is there. */
  before(count: number): Checkpoint | null {
    return this.kept.findLast(({ at }) => at <= count) ?? null
  }

  /**
   * Keeps one more. Of too many the one goes that saves least: the fewest tokens lie between it and the one before. The new
   * one and the last two stay.
   */
  add(checkpoint: Checkpoint): void {
    if (!this.takesAny) return
    const others = this.kept.filter(({ at }) => at !== checkpoint.at)
    this.kept = [...others, checkpoint].sort((a, b) => a.at - b.at)
    if (this.kept.length <= this.most) return
    const saved = (i: number) => this.kept[i]!.tokens - (this.kept[i - 1]?.tokens ?? 0)
    const older = this.kept.map((_, i) => i).filter((i) => this.kept[i] !== checkpoint)
    const early = older.filter((i) => i < this.kept.length - LAST_TURNS)
    const least = (early.length > 0 ? early : older).reduce((a, b) => (saved(b) < saved(a) ? b : a))
    this.kept.splice(least, 1)
  }

  /** Forgets those behind the first `count` units. */
  truncate(count: number): void {
    this.kept = this.kept.filter(({ at }) => at <= count)
  }
}

/**
 * Behind how many of `units` a checkpoint is worth its memory: behind each picture, before turns, and within long texts.
 * `turnStart`: the token that begins a turn; `held`: tokens that are there before the units, `since` of them since the last
 * checkpoint. The first turn of all ends the system prompt, which other conversations share.
 */
export function checkpointPlaces(
  units: readonly Unit[],
  turnStart: number,
  { held, since }: { readonly held: number; readonly since: number },
): ReadonlySet<number> {
  const turns = units.flatMap((unit, i) => ('token' in unit && unit.token === turnStart && i > 0 ? [i] : []))
  const answer = turns.at(-1)
  const always = new Set(held === 0 ? [turns[0], answer] : [answer])
  const question = turns.at(-LAST_TURNS)
  // each one ends a run of tokens, which are computed faster together
  const leastBefore = (i: number) => (always.has(i) ? 1 : i === question ? WORTH_TOKENS : APART_TOKENS)
  const all = new Set(turns)
  const places = new Set<number>()
  let tokens = since
  units.forEach((unit, i) => {
    if ((all.has(i) && tokens >= leastBefore(i)) || (i > 0 && tokens >= LONGEST_RUN_TOKENS)) {
      places.add(i)
      tokens = 0
    }
    tokens += unitTokens(unit)
    if ('token' in unit) return
    places.add(i + 1)
    tokens = 0
  })
  return places
}
