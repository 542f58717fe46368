const WINDOW_MS = 5 * 60_000
const MOST = 3
const FIRST_DELAY_MS = 250

/** How long to wait before an engine process is started again, and when to stop trying. */
export class CrashPolicy {
  private crashes: number[] = []
  private readonly now: () => number

  constructor(now: () => number = Date.now) {
    this.now = now
  }

  /** Counts a crash. Milliseconds to wait before the next start; null after three within five minutes. */
  crashed(): number | null {
    const now = this.now()
    this.crashes = [...this.crashes.filter((at) => now - at < WINDOW_MS), now]
    return this.crashes.length >= MOST ? null : FIRST_DELAY_MS * 4 ** (this.crashes.length - 1)
  }

  /** The user asked to try again, or chose another model. */
  reset(): void {
    this.crashes = []
  }
}
