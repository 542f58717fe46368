import { AppError, unlessAborted, say } from '#contract'
import { Emitter } from '../../lib/events.ts'
import type { Log } from '../../lib/log/log.ts'
import type { SpawnWorker } from '../../ports.ts'
import type { FromWorker, Probed } from '../protocol.ts'
import type {
  AnswerResult,
  BackendChoice,
  ContextOptions,
  EngineState,
  GpuVariant,
  ModelFiles,
  TokenCount,
} from '../types.ts'
import { Crashes, GAVE_UP, Restart } from './crashes.ts'
import { OFF, afterMessage, sameFiles } from './engineState.ts'
import { MemoryWatch } from './processMemory.ts'
import { WorkerLink } from './workerLink.ts'
import type { WorkerRequest } from './workerLink.ts'

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

export interface EngineOptions {
  readonly spawn: SpawnWorker
  /** Folder for what can be computed again. */
  readonly cachePath: string
  /** Is told when a process is ended before it has saved all. */
  readonly log?: Pick<Log, 'warn'>
  /** A process that shows no progress for so long while it works, and encodes no picture, is restarted, ms. */
  readonly stallMs?: number
  /** How long a cancelled request may take to end, ms. */
  readonly cancelMs?: number
  /** What computes; auto: the first GPU variant that works, else the CPU. */
  readonly backend?: BackendChoice
  /** A model that nobody has used for so long is unloaded; the next question loads it again; null: never. ms. */
  readonly idleUnloadMs?: number | null
  /** Resident memory of the engine process above which it is renewed while idle, in bytes; unset: as planned for the model. */
  readonly memoryLimitBytes?: number
}

/** What the process has loaded, and how. */
interface Loaded {
  readonly model: ModelFiles
  readonly contextTokens: number | null
  readonly options: ContextOptions
}

/** How long closing waits for the KV state to be saved, ms: a hybrid model has 60 MB of recurrent states to write, and quitting has 10 s. */
const CLOSE_MS = 6000
const IDLE_UNLOAD_MS = 15 * 60_000
/** The longest without a sign is 512 tokens of a prompt: 3e13 operations for 32 billion weights, 6 minutes at 1e11 a second. */
const STALL_MS = 10 * 60_000
/**
 * A picture of 2048 x 2048 pixels in Qwen2-VL's tower: 1e14 operations in one native call, which take 17 minutes where a
 * processor does 1e11 a second.
 */
const ENCODE_STALL_MS = 30 * 60_000
/** A change of the process's memory that is worth telling, in bytes. */
const TOLD_BYTES = 2 ** 24

/** The engine process: started on demand, started again after a crash and when it has grown too large, and its state. */
export class EngineProcess {
  state: EngineState = OFF
  /** As it was last told: small changes of the memory are not. */
  private told: EngineState = OFF
  /** What it has in memory. */
  loaded: Loaded | null = null
  private readonly options: EngineOptions
  private readonly states = new Emitter<EngineState>()
  private readonly crashes = new Crashes()
  private readonly idle: IdleTimer
  private readonly memory: MemoryWatch
  private link: WorkerLink | null = null
  private restart: Restart<Loaded> | null = null
  private closed = false
  /** The model of the latest request: the one a crash is blamed on. */
  private lastModel: ModelFiles | null = null
  /** Its resident memory as it was last reported, in bytes. */
  private residentBytes = 0
  /** What is to be said of a renewed process until another model is loaded. */
  private renewed: string | null = null

  constructor(options: EngineOptions) {
    this.options = options
    this.idle = new IdleTimer(
      options.idleUnloadMs === undefined ? IDLE_UNLOAD_MS : options.idleUnloadMs,
      () => this.loaded && void this.unload().catch(() => {}),
    )
    this.memory = new MemoryWatch(options.memoryLimitBytes ?? null)
  }

  onState(listener: (state: EngineState) => void): () => void {
    return this.states.on(listener)
  }

  setIdleUnload(ms: number | null): void {
    this.idle.setTime(ms)
  }

  /** The user asked for a model: earlier crashes do not count, and nothing waits for a pause. */
  tryAgain(): void {
    this.crashes.forgive()
    this.restart?.now()
  }

  async unload(): Promise<void> {
    const { restart } = this
    if (restart) {
      restart.reload = null
      restart.now()
      await restart.done
    } else if (this.link) await this.ask({ op: 'unload' }, null)
  }

  async close(): Promise<void> {
    if (this.closed) return
    const { link, restart } = this
    this.closed = true
    this.idle.stop()
    restart?.now()
    await restart?.done
    // unloading saves the KV state; a process that does not get to it in time is ended anyway
    if (link && this.loaded) await this.unloadSoon(link)
    this.link = null
    this.loaded = null
    void link?.kill()
    this.set(OFF)
  }

  /** A conversation was removed: resolves when no process writes anything of it any more. */
  async forget(conversation: string): Promise<void> {
    // one that is being renewed saves what it holds
    await this.restart?.done
    if (this.link) await this.ask({ op: 'forget', conversation }, null)
  }

  /** Sends a request that has one reply, and waits for it. `model`: what it needs loaded. @throws AppError. */
  async ask(
    request: WorkerRequest,
    model: ModelFiles | null,
    signal?: AbortSignal,
  ): Promise<AnswerResult | TokenCount | Probed | null> {
    const link = await this.connect(model, signal)
    if (!link) throw new AppError('Interrupted', say`Stopped before it began.`)
    let cancel: (() => void) | null = null
    try {
      return await new Promise((resolve, reject) => {
        const id = link.request(request, (reply) => {
          if (reply instanceof AppError) reject(reply)
          else if (reply.type === 'done') resolve(reply.result)
          else if (reply.type === 'failed') reject(AppError.from(reply.error))
        })
        cancel = () => link.cancel(id)
        signal?.addEventListener('abort', cancel, { once: true })
        // it may have aborted between connecting and here
        if (signal?.aborted) cancel()
      })
    } finally {
      if (cancel) signal?.removeEventListener('abort', cancel)
    }
  }

  /** The living process, started when there is none; waits for a restart. null when `signal` aborts meanwhile. @throws AppError. */
  async connect(model: ModelFiles | null, signal?: AbortSignal): Promise<WorkerLink | null> {
    try {
      if (this.restart) await unlessAborted(this.restart.done, signal)
    } catch (error) {
      if (!signal?.aborted) throw error
    }
    if (signal?.aborted) return null
    if (this.closed) throw new AppError('EngineFailed', say`Sightline is closing.`)
    this.crashes.admit(model)
    if (model) {
      if (!sameFiles(this.lastModel, model)) this.renewed = null
      this.lastModel = model
    }
    return (this.link ??= this.start())
  }

  private start(): WorkerLink {
    const { spawn, cachePath, backend = 'auto', stallMs = STALL_MS, cancelMs = 10_000 } = this.options
    const link: WorkerLink = new WorkerLink({
      spawn,
      stallMs,
      encodeStallMs: ENCODE_STALL_MS,
      cancelMs,
      cachePath,
      backend,
      skip: this.crashes.skip,
      // a process that is being renewed has nothing more to say
      onMessage: (message) => this.link === link && this.onMessage(message),
      onBusy: (busy) => {
        if (this.link !== link) return
        this.idle.set(busy)
        if (!busy) this.checkMemory()
      },
      onExit: (error, isCrash) => {
        if (this.link === link) this.onEnd(error, isCrash ? { variant: link.variant } : null)
      },
    })
    return link
  }

  private onMessage(message: FromWorker): void {
    if (message.type === 'planned') this.memory.plan(message.plan)
    else if (message.type === 'loaded') this.loaded = message
    else if (message.type === 'unloaded') this.loaded = null
    else if (message.type === 'text' || message.type === 'reasoning' || message.type === 'batchText') this.memory.work()
    const state = afterMessage(this.state, message, this.renewed)
    if (message.type !== 'memory') {
      this.set(state)
      return
    }
    this.residentBytes = message.residentBytes
    if (Math.abs(message.residentBytes - (this.told.residentBytes ?? 0)) >= TOLD_BYTES) this.set(state)
    else this.state = state
    this.checkMemory()
  }

  private checkMemory(): void {
    if (this.loaded && this.idle.isIdle && this.memory.isTooLarge(this.residentBytes))
      this.renew(this.loaded, this.residentBytes)
  }

  /** Ends an idle process that has grown too large, its KV state saved, and loads the model in a new one. */
  private renew(loaded: Loaded, residentBytes: number): void {
    const link = this.link!
    this.renewed = `The model's process had grown to ${(residentBytes / 1e9).toFixed(1)} GB and was started again.`
    this.memory.renew()
    this.leave({ ...this.state, error: null, note: this.renewed })
    this.startAgain(
      this.unloadSoon(link).then(() => link.kill()),
      loaded,
    )
  }

  /** Has a process that is about to be ended save the KV state, for which it has `CLOSE_MS`. */
  private async unloadSoon(link: WorkerLink): Promise<void> {
    if (!(await link.unload(CLOSE_MS))) this.options.log?.warn('state.unsaved', { why: 'process ended', ms: CLOSE_MS })
  }

  /** The process ended. `crash` is null where it was ended because a cancelled request did not end: nothing is to blame. */
  private onEnd(error: AppError, crash: { readonly variant: GpuVariant | null } | null): void {
    const before = this.loaded
    this.link = null
    this.loaded = null
    if (this.closed) return
    const delay = crash ? this.crashes.crashed(this.lastModel, crash.variant) : 0
    if (delay === null) return this.set({ ...OFF, state: 'failed', model: this.state.model, error: GAVE_UP.toInfo() })
    this.leave({ ...this.state, error: error.toInfo() })
    this.startAgain(delay, before)
  }

  /** The engine has no process from here on, until the next one starts. */
  private leave(state: EngineState): void {
    this.link = null
    this.loaded = null
    this.idle.stop()
    this.set({ ...state, state: 'restarting', progress: null })
  }

  /** Has a process again after a pause, with the model it had. */
  private startAgain(pause: number | Promise<void>, before: Loaded | null): void {
    this.restart = new Restart(pause, before, (reload) => {
      this.restart = null
      if (this.closed) return
      if (reload)
        void this.ask(
          { op: 'load', model: reload.model, contextTokens: reload.contextTokens, options: reload.options },
          reload.model,
        ).catch(() => {})
      else this.set(OFF)
    })
  }

  private set(state: EngineState): void {
    if (state === this.state) return
    this.state = state
    this.told = state
    this.states.emit(state)
  }
}
