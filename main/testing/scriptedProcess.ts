import type { WorkerProcess } from '../ports.ts'

/** A worker process whose every message and end the test decides. */
export class ScriptedProcess implements WorkerProcess {
  readonly pid = 1
  readonly started = Promise.resolve(1)
  /** What it was sent, in order. */
  readonly received: unknown[] = []
  killed = false
  /** Whether it lives on when it is killed, as one does that waits for a disk, until it dies. */
  lingers = false
  private say: (message: unknown) => void = () => {}
  private exit: (exit: { code: number | null; signal: string | null }) => void = () => {}

  send(message: unknown): void {
    this.received.push(message)
  }

  onMessage(listener: (message: unknown) => void): void {
    this.say = listener
  }

  onExit(listener: typeof this.exit): void {
    this.exit = listener
  }

  kill(): void {
    this.killed = true
    if (!this.lingers) this.exit({ code: null, signal: 'SIGKILL' })
  }

  says(message: unknown): void {
    this.say(message)
  }

  dies(): void {
    this.exit({ code: null, signal: 'SIGSEGV' })
  }
}
