/** Calls back once when nothing has been going on for a time. Its clock does not keep the process alive. */
export class IdleTimer {
  private readonly ms: number
  private readonly onIdle: () => void
  private timer: NodeJS.Timeout | null = null
  private busy = true

  /** `ms`: how long nothing must go on. */
  constructor(ms: number, onIdle: () => void) {
    this.ms = ms
    this.onIdle = onIdle
  }

  /** Whether the last that was heard is that nothing goes on. */
  get isIdle(): boolean {
    return !this.busy
  }

  /** The clock starts when work ends, and is not set back by being told so again. */
  set(busy: boolean): void {
    if (busy === this.busy) return
    this.stop()
    this.busy = busy
    if (busy) return
    this.timer = setTimeout(this.onIdle, this.ms)
    this.timer.unref()
  }

  /** Forgets what was going on; nothing is called until the next `set(false)` after work. */
  stop(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    this.busy = true
  }
}
