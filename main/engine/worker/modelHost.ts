import { AppError, toErrorInfo, say } from '#contract'
import type { FromWorker, SkippedVariant } from '../protocol.ts'
import type { AnswerRequest, BackendChoice, ContextOptions, GpuVariant, ModelFiles } from '../types.ts'
import { Aborted } from './aborted.ts'
import type { StateReport } from './kvState/kvState.ts'
import { NativeLog, UnusableVariant, createRuntime, releaseMemory } from './native/runtime.ts'
import type { Runtime } from './native/runtime.ts'
import { Planner } from './planner.ts'
import type { PlanRequest } from './planner.ts'
import { Session } from './session.ts'
import type { AnswerListener } from './session.ts'

/** Sends a message to the core. */
export type Send = (message: FromWorker) => void

/** What the core decides before anything is loaded. `cachePath` null: nothing goes to disk. */
export interface Configuration {
  readonly cachePath: string | null
  readonly backend: BackendChoice
  readonly skip: readonly SkippedVariant[]
}

/** The libraries of this process and the one model in its memory. It reports every change of them to the core. */
export class ModelHost {
  /** The libraries; null before they were needed. */
  runtime: Runtime | null = null
  /** The model in memory. */
  session: Session | null = null
  private configuration: Configuration = { cachePath: null, backend: 'cpu', skip: [] }
  /** The plan of the model in memory, or of the one that is being loaded. */
  private planner: Planner | null = null
  /** The model that is being loaded. */
  private arriving: ModelFiles | null = null
  /** The model that is being unloaded, which saves the KV state first. */
  private leaving: Session | null = null
  /** Conversations that were removed: nothing of them is kept, whatever is still done for them. */
  private readonly forgotten = new Set<string>()
  /** What reads the loaded model beside the running job; unloading waits for it. */
  private readonly readers = new Set<Promise<unknown>>()
  /** What the core knows of the loaded model. */
  private reported: { session: Session; contextTokens: number | null; options: ContextOptions } | null = null
  private readonly send: Send
  private readonly nativeLog: NativeLog
  /** Native code is being made to stop. */
  private isAborting = false
  private readonly states: StateReport | null

  /**
   * `onNativeProblem` gets every warning and error that llama.cpp logs, as mere information while native code is made to
   * stop, which it calls an error; `states` is told what becomes of the states of conversations.
   */
  constructor(
    send: Send,
    onNativeProblem?: (level: 'info' | 'warn' | 'error', text: string) => void,
    states: StateReport | null = null,
  ) {
    this.send = send
    this.nativeLog = new NativeLog((level, text) => onNativeProblem?.(this.isAborting ? 'info' : level, text))
    this.states = states
  }

  configure(configuration: Configuration): void {
    this.configuration = configuration
  }

  /** Where what can be computed again is kept; null: nowhere. */
  get cachePath(): string | null {
    return this.configuration.cachePath
  }

  isLoaded(model: ModelFiles): boolean {
    return this.session !== null && sameFiles(this.session.files, model)
  }

  get isLoading(): boolean {
    return this.arriving !== null
  }

  /** Whether this is the model that is being loaded. */
  isArriving(model: ModelFiles | null): boolean {
    return this.arriving !== null && model !== null && sameFiles(this.arriving, model)
  }

  /** Whether a request can be answered with the model as it is in memory. */
  serves({ model, context }: Pick<AnswerRequest, 'model' | 'context'>): boolean {
    return this.isLoaded(model) && this.planner !== null && this.planner.allows(context)
  }

  /** Makes native code stop at the next node of its graph, or lets it compute again. */
  setAbort(value: boolean): void {
    this.isAborting = value
    this.runtime?.abort.set(value)
  }

  /** Loads the libraries, and reports every variant that it tries, because its driver may end this process. */
  async libraries(): Promise<Runtime> {
    return (this.runtime ??= await this.openRuntime())
  }

  private async openRuntime(): Promise<Runtime> {
    try {
      const onProbe = (variant: GpuVariant) => this.send({ type: 'probing', variant })
      const opened = createRuntime({ ...this.configuration, onProbe }, this.nativeLog)
      this.send({
        type: 'started',
        release: opened.release,
        backend: opened.backendName,
        noGpuReason: opened.noGpuReason,
        devices: opened.devices(),
      })
      return opened
    } catch (error) {
      if (!(error instanceof UnusableVariant)) throw error
      this.send({ type: 'unusable', skipped: error.skipped })
      // the core ends this process, and asks the same of another one
      return new Promise(() => {})
    }
  }

  /**
   * Loads the model for the job `id` unless it is the loaded one, and returns whether it did.
   * @throws AppError; the signal's reason.
   */
  async load(
    id: number,
    model: ModelFiles,
    request: PlanRequest,
    listener: Pick<AnswerListener, 'progress'>,
    signal: AbortSignal,
  ): Promise<{ loaded: Session; isNew: boolean }> {
    if (this.session && this.serves({ model, context: request.options })) return { loaded: this.session, isNew: false }
    this.arriving = model
    try {
      const runtime = await this.libraries()
      const lowered = this.planner && !this.session && sameFiles(this.planner.files, model) ? this.planner : null
      // a question that is stopped meanwhile waits for no disk, and leaves the model that was there
      await this.session?.storeState(signal)
      if (!lowered) await this.unload()
      let percent = -1
      const onShare = (share: number) => {
        if (Math.floor(share * 100) <= percent || signal.aborted) return
        percent = Math.floor(share * 100)
        this.send({ type: 'loading', id, model, progress: percent / 100 })
        listener.progress({ phase: 'loading', done: percent, total: 100 })
      }
      onShare(0)
      this.planner = lowered ?? (await Planner.create(runtime, model, request))
      this.planner.onChange = () => this.sendPlan()
      this.sendPlan()
      this.session = await Session.load(runtime, this.planner, this.configuration.cachePath, onShare, signal)
      for (const conversation of this.forgotten) void this.session.forget(conversation)
      if (this.states) this.session.reportStates(this.states)
      this.session.onEncoder({
        onEncoding: (goesOn) => this.send({ type: 'encoding', goesOn }),
        onEncoded: (slice) => this.send({ type: 'encoded', ...slice }),
      })
    } finally {
      this.arriving = null
    }
    return { loaded: this.session, isNew: true }
  }

  /**
   * Waits for what reads the model and frees its memory, which it does whatever fails. `saves`: the KV state is saved
   * before; not where memory has run out.
   */
  async unload({ saves = true } = {}): Promise<void> {
    const old = this.session
    this.session = null
    this.leaving = old
    this.planner = null
    await Promise.allSettled(this.readers)
    if (!old) return
    if (!saves) old.discardState()
    try {
      await old[Symbol.asyncDispose]()
    } finally {
      this.leaving = null
      releaseMemory()
      this.send({ type: 'unloaded' })
    }
  }

  /** A conversation was removed. Resolves when nothing more is written of it, by the loaded model or by one that leaves. */
  async forget(conversation: string): Promise<null> {
    this.forgotten.add(conversation)
    await Promise.all([this.session?.forget(conversation), this.leaving?.forget(conversation)])
    return null
  }

  /** Keeps the model loaded until `reading`, which runs beside the running job, has ended. */
  whileLoaded<T>(reading: Promise<T>): Promise<T> {
    this.readers.add(reading)
    const done = () => this.readers.delete(reading)
    reading.then(done, done)
    return reading
  }

  /**
   * Makes room after `error` as the plan can; false when it cannot, or when memory is not what `error` is about. A smaller
   * context makes no room for a picture or a batch in the computer's own memory.
   */
  async makeRoom(error: unknown, isBatch: boolean): Promise<boolean> {
    if (!(error instanceof AppError) || error.code !== 'OutOfMemory' || !this.planner) return false
    const lowered = this.planner
    const { gpuLayers, visionDevice } = lowered.plan
    const mayHelp = gpuLayers > 0 || visionDevice !== null || (!isBatch && error.detail?.['width'] === undefined)
    const again = mayHelp ? lowered.lower() : null
    // to save the KV state takes memory too
    if (again === 'context') this.session?.discardState()
    if (again === 'model') {
      await this.unload({ saves: false })
      this.planner = lowered
    }
    return again !== null
  }

  /** A job ended with `error`: a plan whose model could not be loaded is made anew the next time. */
  jobFailed(error: unknown): void {
    if (this.session) {
      // loaded, though what was asked of it failed: the core has heard of a load that it must hear the end of
      this.reported = null
      return this.sendLoaded(this.session)
    }
    this.planner = null
    const info = error instanceof Aborted ? new AppError('Interrupted', say`Stopped.`).toInfo() : toErrorInfo(error)
    this.send({ type: 'notLoaded', error: info })
  }

  /** Reports what is loaded when that has changed. */
  sendLoaded(loaded: Session): void {
    const { contextTokens } = loaded
    const { options } = this.planner!
    if (
      this.reported?.session === loaded &&
      this.reported.contextTokens === contextTokens &&
      this.reported.options === options
    )
      return
    this.reported = { session: loaded, contextTokens, options }
    const { files: model, thinking, vision } = loaded
    this.send({ type: 'loaded', model, contextTokens, options, thinking, vision })
  }

  /** Reports this process's memory while a model is loaded. */
  sendMemory(): void {
    if (this.session) this.send({ type: 'memory', residentBytes: process.memoryUsage.rss() })
  }

  private sendPlan(): void {
    if (this.planner) this.send({ type: 'planned', plan: this.planner.plan, note: this.planner.note })
  }
}

const sameFiles = (a: ModelFiles, b: ModelFiles): boolean =>
  a.textPath === b.textPath && a.projectorPath === b.projectorPath
