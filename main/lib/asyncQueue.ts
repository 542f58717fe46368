/** Events pushed on one side, iterated on the other, in order; ends or fails once. */
export class AsyncQueue<T> implements AsyncIterable<T> {
  private readonly items: T[] = []
  private wake: (() => void) | null = null
  private outcome: { error: unknown } | 'ended' | null = null

  push(item: T): void {
    if (this.outcome) return
    this.items.push(item)
    this.wake?.()
  }

  /** Ends the iteration after what was pushed. */
  end(): void {
    this.outcome ??= 'ended'
    this.wake?.()
  }

  /** Ends the iteration with `error`, after what was pushed. */
  fail(error: unknown): void {
    this.outcome ??= { error }
    this.wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      while (this.items.length > 0) yield this.items.shift()!
      if (this.outcome === 'ended') return
      if (this.outcome) throw this.outcome.error
      await new Promise<void>((resolve) => (this.wake = resolve))
    }
  }
}
