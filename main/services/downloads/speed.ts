/** Bytes per second over the last while. */
export interface Speed {
  add(bytes: number): void
  /** null: too short to tell. */
  perSecond(): number | null
  /** Forgets what was, for a new beginning. */
  reset(): void
}

/** Ms that count, how finely they are kept, and how long it takes until there is something to tell. */
const WINDOW = 8000
const STEP = 250
const SHORTEST = 1000

/** `now`: ms since 1970. */
export function createSpeed(now: () => number): Speed {
  let begun: number | null = null
  let steps: { at: number; bytes: number }[] = []

  return {
    add(bytes) {
      const at = now()
      begun ??= at
      const last = steps.at(-1)
      if (last && at - last.at < STEP) last.bytes += bytes
      else steps.push({ at, bytes })
      if (steps.length > (2 * WINDOW) / STEP) steps = steps.filter((step) => at - step.at < WINDOW)
    },
    perSecond() {
      if (begun === null) return null
      const at = now()
      const ms = Math.min(WINDOW, at - begun)
      if (ms < SHORTEST) return null
      return (steps.reduce((sum, step) => (at - step.at < WINDOW ? sum + step.bytes : sum), 0) / ms) * 1000
    },
    reset() {
      begun = null
      steps = []
    },
  }
}
