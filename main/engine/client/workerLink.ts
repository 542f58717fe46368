import { setTimeout as after } from 'node:timers/promises'
import { AppError, say } from '#contract'
import { currentRequest } from '../../lib/log/log.ts'
import type { SpawnWorker, WorkerProcess } from '../../ports.ts'
import type { FromWorker, SkippedVariant, ToWorker } from '../protocol.ts'
import type { BackendChoice, GpuVariant } from '../types.ts'

type Reply = Exclude<Extract<FromWorker, { id: number }>, { type: 'loading' }>
type WithoutId<T> = T extends { id: number } ? Omit<T, 'id' | 'requestId'> : never
export type WorkerRequest = Exclude<WithoutId<ToWorker>, { op: 'cancel' }>

export interface LinkOptions {
  readonly spawn: SpawnWorker
  /** A process that reports no progress for so long while it works is killed, ms. */
  readonly stallMs: number
  /** The same while the processor encodes a picture, which shows no progress until it is done, ms. */
  readonly encodeStallMs: number
  /** A process that does not end a cancelled request within this time is ended, unless it tries a GPU driver; ms. */
  readonly cancelMs: number
  readonly cachePath: string
  readonly backend: BackendChoice
  /** Variants that are not tried. One that ends its process is added, and the process started again without it. */
  readonly skip: SkippedVariant[]
  onMessage(message: FromWorker): void
  /** Is called whenever there is work, and when there is none any more. */
  onBusy(busy: boolean): void
  /**
   * The process ended and is not started again. `isCrash`: false where it was ended because a cancelled request went on for
   * too long, which is no fault of the model or of the graphics driver.
   */
  onExit(error: AppError, isCrash: boolean): void
}

interface Pending {
  readonly request: WorkerRequest
  readonly onReply: (reply: Reply | AppError) => void
  isCancelled: boolean
  /** Whether its end was passed on; the process may still be busy with it. */
  hasEnded: boolean
}

/** How long a variant may take to load, driver included, ms. */
const PROBE_MS = 60_000
/** A process that was killed is gone within this time, unless it waits for a disk that does not answer; ms. */
const GONE_MS = 5000

const STOPPED = new AppError('Interrupted', say`Stopped.`).toInfo()

/**
 * What the process does, which decides how soon it can end a cancelled request. `starting`: libraries and drivers load in one
 * native call, which cannot be ended. `loading`: a model can be given up after each tensor, for which a slow disk may need
 * long. `computing`: it looks for a cancel often.
 */
type Phase = 'starting' | 'loading' | 'computing'

/** One engine process and the requests that it has not ended yet. */
export class WorkerLink {
  private readonly options: LinkOptions
  private readonly pending = new Map<number, Pending>()
  private process: WorkerProcess
  private lastId = 0
  private watchdog: NodeJS.Timeout | null = null
  private phase: Phase = 'starting'
  /** Whether the processor encodes a picture. */
  private isEncoding = false
  /** The request whose model is being loaded. */
  private loadingId: number | null = null
  /** Runs while a killed process is waited for, in whose place another one starts. */
  private replacing: NodeJS.Timeout | null = null
  /** Resolves when the process is gone. */
  private gone: Promise<void> = Promise.resolve()
  /** Why the process is being ended; null: it is not, by the core. */
  private endedFor: 'close' | 'silence' | 'cancel' | null = null
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
    // a process that was replaced has nothing more to say
    worker.onMessage((raw) => this.process === worker && !this.replacing && this.onMessage(raw as FromWorker))
    this.gone = new Promise((resolve) =>
      worker.onExit((exit) => {
        resolve()
        if (this.process === worker) this.onExit(exit)
      }),
    )
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
      this.phase = 'computing'
    } else if (message.type === 'encoding') this.isEncoding = message.goesOn
    else if (message.type === 'loading') {
      this.phase = 'loading'
      this.loadingId = message.id
    } else if (message.type === 'loaded' || message.type === 'notLoaded') {
      this.phase = 'computing'
      this.loadingId = null
    }
    if (!this.isOfStoppedLoad(message)) this.options.onMessage(message)
    const isProgress = this.isProgress(message)
    if ('id' in message && message.type !== 'loading') {
      const pending = this.pending.get(message.id)
      if (message.type === 'done' || message.type === 'failed') this.pending.delete(message.id)
      if (pending) this.reply(pending, message)
    }
    // after the request's end, so that a process without work is not watched
    this.watch(isProgress)
  }

  /**
   * Whether the work goes on, as the message shows: a process whose computing hangs still tells of its memory, and does what
   * is done beside the oldest request, such as counting.
   */
  private isProgress(message: FromWorker): boolean {
    if (message.type === 'memory') return false
    if (message.type !== 'done' && message.type !== 'failed') return true
    const [oldest] = this.pending.keys()
    return message.id === oldest
  }

  private onExit({ code, signal }: { code: number | null; signal: string | null }): void {
    this.unwatch()
    if (this.replacing) return this.startAgain()
    if (this.probing && this.endedFor !== 'close') return this.startWithout(this.probing)
    const why = signal ?? (code === null ? 'it could not be started' : `exit code ${code}`)
    const error =
      this.endedFor === 'silence' || this.endedFor === 'cancel'
        ? new AppError(
            'EngineStalled',
            say`The model stopped making progress and was restarted. What was written is kept; try again.`,
          )
        : new AppError(
            'EngineCrashed',
            say`The model's process ended unexpectedly (${why}). What was written is kept; try again.`,
            { why },
          )
    const waiting = [...this.pending.values()]
    this.pending.clear()
    this.options.onExit(error, this.endedFor !== 'cancel')
    for (const pending of waiting) this.reply(pending, error)
  }

  /** A driver ended the process before any model was there: what was asked is asked again, without that variant. */
  private startWithout(failed: SkippedVariant): void {
    this.options.skip.push(this.endedFor === 'silence' ? { ...failed, reason: 'its driver did not answer' } : failed)
    this.startAgain()
  }

  /** Ends the process and has another one do what it has not ended, once it is gone: each would hold the model. */
  private replace(): void {
    this.unwatch()
    this.phase = 'starting'
    this.replacing = setTimeout(() => this.startAgain(), GONE_MS)
    this.process.kill()
  }

  /** Has another process do what this one has not ended. */
  private startAgain(): void {
    if (this.replacing) clearTimeout(this.replacing)
    this.replacing = null
    this.probing = null
    this.endedFor = null
    this.isEncoding = false
    this.phase = 'starting'
    this.loadingId = null
    this.process = this.launch()
    for (const [id, { request, isCancelled, hasEnded }] of this.pending) {
      if (hasEnded) this.pending.delete(id)
      else {
        this.process.send({ ...request, id })
        if (isCancelled) this.process.send({ op: 'cancel', id } satisfies ToWorker)
      }
    }
    this.watch(true)
  }

  /** Sends a request; `onReply` gets its progress and text, and its end (`done`, `failed` or an error) once. Returns its id. */
  request(request: WorkerRequest, onReply: (reply: Reply | AppError) => void): number {
    const id = ++this.lastId
    const requestId = currentRequest()
    const named = requestId === null ? request : { ...request, requestId }
    this.pending.set(id, { request: named, onReply, isCancelled: false, hasEnded: false })
    this.process.send({ ...named, id })
    this.watch(false)
    return id
  }

  /** Cancels a request. Before the process computes for it, it ends at once here, whenever the process gets to it. */
  cancel(id: number): void {
    const pending = this.pending.get(id)
    if (!pending || pending.isCancelled) return
    pending.isCancelled = true
    this.process.send({ op: 'cancel', id } satisfies ToWorker)
    this.expectEnd(id)
    if (this.phase === 'computing' || !isQuestion(pending.request)) return
    if (this.loadingId === id && !isAhead(pending.request))
      this.options.onMessage({ type: 'notLoaded', error: STOPPED })
    this.reply(pending, { type: 'failed', id, error: STOPPED })
  }

  /**
   * Ends what is under way and unloads the model; resolves when that is done, the process ended or `ms` have passed, with
   * whether it was done.
   */
  unload(ms: number): Promise<boolean> {
    for (const id of this.pending.keys()) this.cancel(id)
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms)
      this.request({ op: 'unload' }, (reply) => {
        clearTimeout(timer)
        resolve(!(reply instanceof AppError) && reply.type === 'done')
      })
    })
  }

  /** Ends the process for good; resolves when it is gone, or does not go for seconds. */
  kill(): Promise<void> {
    this.endedFor = 'close'
    if (this.replacing) clearTimeout(this.replacing)
    this.replacing = null
    this.process.kill()
    return Promise.race([this.gone, after(GONE_MS, undefined, { ref: false })])
  }

  private reply(pending: Pending, reply: Reply | AppError): void {
    if (pending.hasEnded) return
    pending.hasEnded = reply instanceof AppError || reply.type === 'done' || reply.type === 'failed'
    pending.onReply(reply)
  }

  /** Whether the message is about a load that was stopped here: its user was shown that nothing is loaded. */
  private isOfStoppedLoad(message: FromWorker): boolean {
    if (message.type !== 'loading') return false
    const pending = this.pending.get(message.id)
    return pending?.hasEnded === true && !isAhead(pending.request)
  }

  /** Ends the process when a cancelled request goes on for too long for what it does; with what it does, the time begins anew. */
  private expectEnd(id: number): void {
    const { phase } = this
    const timer = setTimeout(() => {
      if (!this.pending.has(id)) return
      // the watchdog knows how long a driver may take
      if (phase === 'starting' || phase !== this.phase) this.expectEnd(id)
      // nothing is lost with a process that only loads
      else if (this.phase === 'loading') this.replace()
      else this.end('cancel')
    }, this.options.cancelMs)
    timer.unref()
  }

  /** Watches the process while it has work. `isProgress`: the time in which it has to show progress begins anew. */
  private watch(isProgress: boolean): void {
    const isBusy = this.pending.size > 0
    const { onBusy } = this.options
    if (isProgress || !isBusy) this.unwatch()
    if (isBusy && !this.watchdog) {
      this.watchdog = setTimeout(() => this.end('silence'), this.longestSilence())
      this.watchdog.unref()
    }
    onBusy(isBusy)
  }

  private longestSilence(): number {
    const { stallMs, encodeStallMs } = this.options
    if (this.probing) return Math.min(PROBE_MS, stallMs)
    return this.isEncoding ? encodeStallMs : stallMs
  }

  private unwatch(): void {
    if (this.watchdog) clearTimeout(this.watchdog)
    this.watchdog = null
  }

  private end(reason: 'silence' | 'cancel'): void {
    this.endedFor = reason
    this.process.kill()
  }
}

/** Requests that do something for a prompt or load a model. */
const isQuestion = ({ op }: WorkerRequest): boolean => op !== 'unload' && op !== 'forget' && op !== 'probe'

/** Requests that work ahead: what loads a model for them goes on when they are cancelled. */
const isAhead = ({ op }: WorkerRequest): boolean => op === 'count' || op === 'prepare'
