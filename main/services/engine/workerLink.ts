import { AppError } from '#contract'
import type { SpawnWorker, WorkerProcess } from '../../ports.ts'
import type { FromWorker, ToWorker } from './protocol.ts'

type Reply = Extract<FromWorker, { id: number }>
type WithoutId<T> = T extends { id: number } ? Omit<T, 'id'> : never
export type WorkerRequest = Exclude<WithoutId<ToWorker>, { op: 'cancel' }>

/** One living engine process and the requests it has not ended yet. */
export class WorkerLink {
  private readonly process: WorkerProcess
  private readonly pending = new Map<number, (reply: Reply | AppError) => void>()
  private readonly stallMs: number
  private readonly cancelMs: number
  private lastId = 0
  private watchdog: NodeJS.Timeout | null = null
  private stalled = false

  /**
   * `stallMs`: a process that says nothing for so long while it works is killed; `cancelMs`: one that does not end a
   * cancelled request is. `onExit` is told whether requests were under way.
   */
  constructor(options: { spawn: SpawnWorker; stallMs: number; cancelMs: number; onMessage: (message: FromWorker) => void; onExit: (error: AppError) => void }) {
    this.stallMs = options.stallMs
    this.cancelMs = options.cancelMs
    this.process = options.spawn('engine')
    this.process.onMessage((raw) => {
      const message = raw as FromWorker
      options.onMessage(message)
      if ('id' in message) this.pending.get(message.id)?.(message)
      // after the request's end, so that a process without work is not watched
      this.watch()
    })
    this.process.onExit(({ code, signal }) => {
      if (this.watchdog) clearTimeout(this.watchdog)
      const why = signal ?? (code === null ? 'it could not be started' : `exit code ${code}`)
      const error = this.stalled
        ? new AppError('EngineStalled', 'The model stopped making progress and was restarted. What was written is kept; try again.')
        : new AppError('EngineCrashed', `The model's process ended unexpectedly (${why}). What was written is kept; try again.`, { why })
      const waiting = [...this.pending.values()]
      this.pending.clear()
      options.onExit(error)
      for (const reply of waiting) reply(error)
    })
  }

  /** Sends a request; `onReply` gets its progress and text, and its end (`done`, `failed` or an error) once. Returns its id. */
  request(request: WorkerRequest, onReply: (reply: Reply | AppError) => void): number {
    const id = ++this.lastId
    this.pending.set(id, (reply) => {
      if (reply instanceof AppError || reply.type === 'done' || reply.type === 'failed') this.pending.delete(id)
      onReply(reply)
    })
    this.process.send({ ...request, id })
    this.watch()
    return id
  }

  cancel(id: number): void {
    if (!this.pending.has(id)) return
    this.process.send({ op: 'cancel', id } satisfies ToWorker)
    const timer = setTimeout(() => {
      if (this.pending.has(id)) this.killStalled()
    }, this.cancelMs)
    timer.unref()
  }

  configure(cachePath: string): void {
    this.process.send({ op: 'configure', cachePath } satisfies ToWorker)
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
    this.process.kill()
  }

  private watch(): void {
    if (this.watchdog) clearTimeout(this.watchdog)
    this.watchdog = null
    if (this.pending.size === 0) return
    this.watchdog = setTimeout(() => this.killStalled(), this.stallMs)
    this.watchdog.unref()
  }

  private killStalled(): void {
    this.stalled = true
    this.process.kill()
  }
}
