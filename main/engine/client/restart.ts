/** A process that ended and is about to be started again. */
export class Restart<Loaded> {
  /** Resolves once the pause is over and what follows it has begun. */
  readonly done: Promise<void>
  /** What is loaded then, so that the next question does not wait for it; null: nothing. */
  reload: Loaded | null
  private end: () => void = () => {}

  /** `pause`: ms, or what has to be over. `begin` starts what follows. */
  constructor(pause: number | Promise<void>, reload: Loaded | null, begin: (reload: Loaded | null) => void) {
    this.reload = reload
    this.done = (typeof pause === 'number' ? this.wait(pause) : pause).then(() => begin(this.reload))
  }

  /** Ends a pause before its time. */
  now(): void {
    this.end()
  }

  private wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.end = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
