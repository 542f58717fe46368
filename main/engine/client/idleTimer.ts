/** Calls back once when nothing has been going on for a time. Its clock does not keep the process alive. */
export class IdleTimer {
  private ms: number | null
  private readonly onIdle: () => void
  private timer: NodeJS.Timeout | null = null
  private busy = true

  /** `ms`: how long nothing must go on; null: it never calls. */
  constructor(ms: number | null, onIdle: () => void) {
    this.ms = ms
    this.onIdle = onIdle
  }

  /** Whether the last that was heard is that nothing goes on. */
  get isIdle(): boolean {
    return !this.busy
  }

  /** Another time, null: never; a clock that runs starts anew. */
  setTime(ms: number | null): void {
    this.ms = ms
    if (!this.busy) this.start()
  }

  /** The clock starts when work ends, and is not set back by being told so again. */
  set(busy: boolean): void {
    if (busy === this.busy) return
    this.stop()
    this.busy = busy
    if (!busy) this.start()
  }

  /** Forgets what was going on; nothing is called until the next `set(false)` after work. */
  stop(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    this.busy = true
  }

  private start(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = this.ms === null ? null : setTimeout(this.onIdle, this.ms)
    this.timer?.unref()
  }
}
