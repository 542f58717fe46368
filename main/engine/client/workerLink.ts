import { AppError } from '#contract'
import type { SpawnWorker, WorkerProcess } from '../../ports.ts'
import type { FromWorker, SkippedVariant, ToWorker } from '../protocol.ts'
import type { BackendChoice, GpuVariant } from '../types.ts'

type Reply = Extract<FromWorker, { id: number }>
type WithoutId<T> = T extends { id: number } ? Omit<T, 'id'> : never
export type WorkerRequest = Exclude<WithoutId<ToWorker>, { op: 'cancel' }>

export interface LinkOptions {
  readonly spawn: SpawnWorker
  /** A process that says nothing for so long while it works is killed, ms. */
  readonly stallMs: number
  /** A process that does not end a cancelled request within this time is killed, ms. */
  readonly cancelMs: number
  readonly cachePath: string
  readonly backend: BackendChoice
  /** Variants that are not tried. One that ends its process is added, and the process started again without it. */
  readonly skip: SkippedVariant[]
  onMessage(message: FromWorker): void
  /** Told whenever there is work, and when there is none any more. */
  onBusy(busy: boolean): void
  /** The process ended; it is not started again. */
  onExit(error: AppError): void
}

interface Pending {
  readonly request: WorkerRequest
  readonly reply: (reply: Reply | AppError) => void
  cancelled: boolean
}

/** How long a variant may take to load, driver included, ms. */
const PROBE_MS = 60_000

/** One living engine process and the requests it has not ended yet. */
export class WorkerLink {
  private readonly options: LinkOptions
  private readonly pending = new Map<number, Pending>()
  private process: WorkerProcess
  private lastId = 0
  private watchdog: NodeJS.Timeout | null = null
  private stalled = false
  private killed = false
  /** The GPU variant that computes; null: none. */
  variant: GpuVariant | null = null
  /** The variant that the process is trying; its end is blamed on it. */
  private probing: SkippedVariant | null = null

  constructor(options: LinkOptions) {
    this.options = options
    this.process = this.launch()
  }

  private launch(): WorkerProcess {
    const { spawn, cachePath, backend, skip } = this.options
    const worker = spawn('engine')
    worker.onMessage((raw) => this.onMessage(raw as FromWorker))
    worker.onExit((exit) => this.onExit(exit))
    worker.send({ op: 'configure', cachePath, backend, skip } satisfies ToWorker)
    return worker
  }

  private onMessage(message: FromWorker): void {
    if (message.type === 'probing') this.probing = { variant: message.variant, reason: 'its driver ended the process' }
    else if (message.type === 'unusable') {
      this.probing = message.skipped
      this.process.kill()
    } else if (message.type === 'started') {
      this.variant = message.noGpuReason === null ? (this.probing?.variant ?? null) : null
      this.probing = null
    }
    this.options.onMessage(message)
    if ('id' in message) this.pending.get(message.id)?.reply(message)
    // after the request's end, so that a process without work is not watched
    this.watch()
  }

  private onExit({ code, signal }: { code: number | null; signal: string | null }): void {
    if (this.watchdog) clearTimeout(this.watchdog)
    if (this.probing && !this.killed) return this.startAgain(this.probing)
    const why = signal ?? (code === null ? 'it could not be started' : `exit code ${code}`)
    const error = this.stalled
      ? new AppError(
          'EngineStalled',
          'The model stopped making progress and was restarted. What was written is kept; try again.',
        )
      : new AppError(
          'EngineCrashed',
          `The model's process ended unexpectedly (${why}). What was written is kept; try again.`,
          { why },
        )
    const waiting = [...this.pending.values()]
    this.pending.clear()
    this.options.onExit(error)
    for (const { reply } of waiting) reply(error)
  }

  /** A driver ended the process before any model was there: what was asked is asked again, without that variant. */
  private startAgain(failed: SkippedVariant): void {
    this.options.skip.push(this.stalled ? { ...failed, reason: 'its driver did not answer' } : failed)
    this.probing = null
    this.stalled = false
    this.process = this.launch()
    for (const [id, { request, cancelled }] of this.pending) {
      this.process.send({ ...request, id })
      if (cancelled) this.process.send({ op: 'cancel', id } satisfies ToWorker)
    }
    this.watch()
  }

  /** Sends a request; `onReply` gets its progress and text, and its end (`done`, `failed` or an error) once. Returns its id. */
  request(request: WorkerRequest, onReply: (reply: Reply | AppError) => void): number {
    const id = ++this.lastId
    const reply = (said: Reply | AppError) => {
      if (said instanceof AppError || said.type === 'done' || said.type === 'failed') this.pending.delete(id)
      onReply(said)
    }
    this.pending.set(id, { request, reply, cancelled: false })
    this.process.send({ ...request, id })
    this.watch()
    return id
  }

  cancel(id: number): void {
    if (!this.pending.has(id)) return
    this.giveUp(id)
    const timer = setTimeout(() => {
      if (this.pending.has(id)) this.killStalled()
    }, this.options.cancelMs)
    timer.unref()
  }

  /** Tells the process that nobody waits for a request any more; it may end whenever that suits the process. */
  giveUp(id: number): void {
    const given = this.pending.get(id)
    if (!given) return
    given.cancelled = true
    this.process.send({ op: 'cancel', id } satisfies ToWorker)
  }

  /** Ends what is under way and unloads the model; resolves when that is done, the process ended or `ms` have passed. */
  unload(ms: number): Promise<void> {
    for (const id of this.pending.keys()) this.cancel(id)
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.request({ op: 'unload' }, () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  kill(): void {
    this.killed = true
    this.process.kill()
  }

  private watch(): void {
    if (this.watchdog) clearTimeout(this.watchdog)
    this.watchdog = null
    const { stallMs, onBusy } = this.options
    if (this.pending.size > 0) {
      this.watchdog = setTimeout(() => this.killStalled(), this.probing ? Math.min(PROBE_MS, stallMs) : stallMs)
      this.watchdog.unref()
    }
    onBusy(this.pending.size > 0)
  }

  private killStalled(): void {
    this.stalled = true
    this.process.kill()
  }
}
