import type { Download } from '#contract'
import type { Progress } from './progress.ts'
import type { StoredJob } from './rows.ts'
import { savedBytes } from './runJob.ts'
import type { Clock } from './types.ts'

export type Phase = 'checking' | 'running' | 'retrying' | 'verifying'

/** A job with what is going on in it. */
export class LiveJob {
  readonly job: StoredJob
  readonly speed: Speed
  /** Of the files that are being fetched, by index. */
  readonly progress = new Map<number, Progress | null>()
  run: { readonly controller: AbortController; readonly ended: Promise<void> } | null = null
  phase: Phase = 'running'
  private retryAt: number | null = null

  constructor(job: StoredJob, clock: Clock) {
    this.job = job
    this.speed = createSpeed(() => clock.now())
  }

  /** Starts `work`, which ends soon after its signal aborts, never throws and calls `end`. */
  begin(work: (signal: AbortSignal) => Promise<void>): void {
    const controller = new AbortController()
    this.enter('running', null)
    this.speed.reset()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.run = { controller, ended: promise }
    void work(controller.signal).finally(resolve)
  }

  /** Ends the work, if there is any; resolves when it has ended. */
  async stop(): Promise<void> {
    this.run?.controller.abort()
    await this.run?.ended
  }

  enter(phase: Phase, retryAt: number | null): void {
    this.phase = phase
    this.retryAt = retryAt
  }

  end(): void {
    this.run = null
    this.progress.clear()
    this.speed.reset()
  }

  /** As the contract tells it. */
  describe(): Download {
    const { id, name, entryId, quantization, error, position, modelId, startedAt, state } = this.job
    const { from, passedOver } = this.job.sources
    const isActive = this.run !== null && state === 'queued'
    const files = this.job.files.map((file, index) => ({
      path: file.path,
      bytes: file.bytes,
      doneBytes: this.progress.get(index)?.doneBytes ?? savedBytes(file),
    }))
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
    const doneBytes = files.reduce((sum, file) => sum + file.doneBytes, 0)
    const bytesPerSecond =
      isActive && this.phase !== 'verifying' && this.phase !== 'checking' ? this.speed.perSecond() : null
    return {
      ...{
        id,
        name,
        entryId,
        quantization,
        from,
        passedOver,
        error,
        position,
        modelId,
        startedAt,
        files,
        bytes,
        doneBytes,
        bytesPerSecond,
      },
      state: isActive ? this.phase : state,
      secondsLeft: bytesPerSecond ? (bytes - doneBytes) / bytesPerSecond : null,
      retryAt: isActive ? this.retryAt : null,
    }
  }
}

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
