/** Longest time that text waits for more, in ms. */
export const batchMs = 30

/**
 * Gathers text so that `commit` runs at most once per `batchMs`: at once after a pause, else when the time is over. An
 * error of a delayed commit goes to `onError`; that of `push` and `flush` to their caller.
 */
export class TextBatch {
  private readonly commit: (text: string) => void
  private readonly onError: (error: unknown) => void
  private waiting = ''
  private timer: NodeJS.Timeout | null = null
  private last = -Infinity

  constructor(commit: (text: string) => void, onError: (error: unknown) => void) {
    this.commit = commit
    this.onError = onError
  }

  push(text: string): void {
    this.waiting += text
    const left = this.last + batchMs - performance.now()
    if (left <= 0) this.flush()
    else this.timer ??= setTimeout(() => this.onTime(), left)
  }

  /** Commits what waits, now; it goes on waiting when that fails. */
  flush(): void {
    this.drop()
    if (!this.waiting) return
    this.commit(this.waiting)
    this.waiting = ''
    this.last = performance.now()
  }

  /** Commits nothing more by itself. */
  drop(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
  }

  private onTime(): void {
    try {
      this.flush()
    } catch (error) {
      this.onError(error)
    }
  }
}
