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
/** Turns whose beginnings get one always: that of the question and that of the answer, and the first behind a system prompt. */
const LAST_TURNS = 2
const FIRST_TURNS = 1

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
    const given = this.kept.map((_, i) => i).filter((i) => i < this.kept.length - LAST_TURNS)
    const candidates = given.filter((i) => this.kept[i] !== checkpoint)
    const least = (candidates.length > 0 ? candidates : given).reduce((a, b) => (saved(b) < saved(a) ? b : a), 0)
    this.kept.splice(least, 1)
  }

  /** Forgets those behind the first `count` units. */
  truncate(count: number): void {
    this.kept = this.kept.filter(({ at }) => at <= count)
  }
}

/**
 * Behind how many of `units` a checkpoint is worth its memory: behind each picture, before turns, and within long texts.
 * `turnStart`: the token that begins a turn; `since`: tokens since the last checkpoint.
 */
export function checkpointPlaces(units: readonly Unit[], turnStart: number, since: number): ReadonlySet<number> {
  const turns = units.flatMap((unit, i) => ('token' in unit && unit.token === turnStart && i > 0 ? [i] : []))
  const always = new Set([...turns.slice(0, FIRST_TURNS), ...turns.slice(-LAST_TURNS)])
  const all = new Set(turns)
  const places = new Set<number>()
  let tokens = since
  units.forEach((unit, i) => {
    if (always.has(i) || (all.has(i) && tokens >= APART_TOKENS) || (i > 0 && tokens >= LONGEST_RUN_TOKENS)) {
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
