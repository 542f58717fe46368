import { AppError, say } from '#contract'
import type { SkippedVariant } from '../protocol.ts'
import type { GpuVariant, ModelFiles } from '../types.ts'
import { sameFiles } from './engineState.ts'

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

const CRASH_WINDOW_MS = 5 * 60_000
const MOST_CRASHES = 3
const FIRST_DELAY_MS = 250
/** A GPU variant is left after so many crashes in a row. */
const MOST_GPU_CRASHES = 2

/** What is said of a model that is not loaded again by itself. */
export const GAVE_UP = new AppError(
  'EngineGaveUp',
  say`The model crashed three times within five minutes and is not loaded again by itself. Choose another model, or try again.`,
)

/** Blames crashes on GPU variants and on models, and decides what is tried again. */
export class Crashes {
  /** GPU variants that ended their process or have no device, until the app ends. */
  readonly skip: SkippedVariant[] = []
  private readonly policy = new CrashPolicy()
  private gpuCrashes = 0
  private gaveUp: ModelFiles | null = null

  /** The user asked to try again. */
  forgive(): void {
    this.policy.reset()
    this.gaveUp = null
  }

  /** Another model than the one given up gets its own chance; null: nothing is to be loaded. @throws AppError EngineGaveUp. */
  admit(model: ModelFiles | null): void {
    if (!this.gaveUp || !model) return
    if (sameFiles(this.gaveUp, model)) throw GAVE_UP
    this.forgive()
  }

  /** Counts a crash. Milliseconds to wait before the next start; null when `model` is given up. */
  crashed(model: ModelFiles | null, variant: GpuVariant | null): number | null {
    this.gpuCrashes = variant ? this.gpuCrashes + 1 : 0
    if (variant && this.gpuCrashes >= MOST_GPU_CRASHES) {
      // the next crash counts anew: the model may be well on the CPU
      this.skip.push({ variant, reason: 'the model crashed on it' })
      this.gpuCrashes = 0
      this.policy.reset()
    }
    const delay = this.policy.crashed()
    if (delay === null) this.gaveUp = model
    return delay
  }
}

/** Decides how long to wait before an engine process is started again, and when to stop trying. */
export class CrashPolicy {
  private crashes: number[] = []
  private readonly now: () => number

  constructor(now: () => number = Date.now) {
    this.now = now
  }

  /** Counts a crash. Milliseconds to wait before the next start; null after three within five minutes. */
  crashed(): number | null {
    const now = this.now()
    this.crashes = [...this.crashes.filter((at) => now - at < CRASH_WINDOW_MS), now]
    return this.crashes.length >= MOST_CRASHES ? null : FIRST_DELAY_MS * 4 ** (this.crashes.length - 1)
  }

  /** Forgets the crashes: the user asked to try again, or chose another model. */
  reset(): void {
    this.crashes = []
  }
}
