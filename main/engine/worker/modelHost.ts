import { AppError } from '#contract'
import type { FromWorker, SkippedVariant } from '../protocol.ts'
import type { AnswerRequest, BackendChoice, ContextOptions, ModelFiles } from '../types.ts'
import { releaseMemory } from './native/memoryAllocator.ts'
import { createRuntime, UnusableVariant } from './native/runtime.ts'
import type { Runtime } from './native/runtime.ts'
import { Planner } from './planner.ts'
import type { Wants } from './planner.ts'
import { Session } from './session.ts'
import type { Listener } from './session.ts'

/** Tells the core something. */
export type Say = (message: FromWorker) => void

/** What the core decides before anything is loaded. `cachePath` null: nothing goes to disk. */
export interface Configuration {
  readonly cachePath: string | null
  readonly backend: BackendChoice
  readonly skip: readonly SkippedVariant[]
}

/** The libraries of this process and the one model in its memory. The core is told of every change of them. */
export class ModelHost {
  /** The libraries; null before they were needed. */
  runtime: Runtime | null = null
  /** The model in memory. */
  session: Session | null = null
  private configuration: Configuration = { cachePath: null, backend: 'cpu', skip: [] }
  /** The plan of the model in memory, or of the one on its way. */
  private planner: Planner | null = null
  /** The model on its way into memory. */
  private arriving: ModelFiles | null = null
  /** What reads the loaded model beside the running request; unloading waits for it. */
  private readonly readers = new Set<Promise<unknown>>()
  private told: { session: Session; contextTokens: number | null; options: ContextOptions } | null = null
  private readonly say: Say

  constructor(say: Say) {
    this.say = say
  }

  configure(configuration: Configuration): void {
    this.configuration = configuration
  }

  isLoaded(model: ModelFiles): boolean {
    return this.session !== null && sameFiles(this.session.files, model)
  }

  isArriving(model: ModelFiles): boolean {
    return this.arriving !== null && sameFiles(this.arriving, model)
  }

  /** Whether a request can be answered with the model as it is in memory. */
  serves({ model, context }: Pick<AnswerRequest, 'model' | 'context'>): boolean {
    return this.isLoaded(model) && this.planner !== null && this.planner.allows(context)
  }

  /** Makes native code stop at the next node of its graph, or lets it compute again. */
  setAbort(value: boolean): void {
    this.runtime?.abort.set(value)
  }

  /** Loads the libraries; the core is told of every variant that is tried, because its driver may end this process. */
  async libraries(): Promise<Runtime> {
    return (this.runtime ??= await this.openRuntime())
  }

  private async openRuntime(): Promise<Runtime> {
    try {
      const opened = createRuntime({
        ...this.configuration,
        onProbe: (variant) => this.say({ type: 'probing', variant }),
      })
      this.say({
        type: 'started',
        backend: opened.backendName,
        noGpuReason: opened.noGpuReason,
        devices: opened.devices(),
      })
      return opened
    } catch (error) {
      if (!(error instanceof UnusableVariant)) throw error
      this.say({ type: 'unusable', skipped: error.skipped })
      // the core ends this process, and asks the same of another one
      return new Promise(() => {})
    }
  }

  /** Loads the model unless it is the loaded one; tells whether it did. @throws AppError; the signal's reason. */
  async load(
    model: ModelFiles,
    wants: Wants,
    listener: Listener,
    signal: AbortSignal,
  ): Promise<{ loaded: Session; isNew: boolean }> {
    if (this.session && this.serves({ model, context: wants.options })) return { loaded: this.session, isNew: false }
    const runtime = await this.libraries()
    const lowered = this.planner && !this.session && sameFiles(this.planner.files, model) ? this.planner : null
    if (!lowered) await this.unload()
    let percent = -1
    const onShare = (share: number) => {
      if (Math.floor(share * 100) > percent)
        listener.progress({ phase: 'loading', done: (percent = Math.floor(share * 100)), total: 100 })
    }
    onShare(0)
    this.arriving = model
    try {
      this.planner = lowered ?? (await Planner.create(runtime, model, wants))
      this.planner.onChange = () => this.tellPlan()
      this.tellPlan()
      this.session = await Session.load(runtime, this.planner, this.configuration.cachePath, onShare, signal)
      this.session.onEncoded((slice) => this.say({ type: 'encoded', ...slice }))
    } finally {
      this.arriving = null
    }
    return { loaded: this.session, isNew: true }
  }

  /** Waits for what reads the model, saves its KV state and frees its memory. */
  async unload(): Promise<void> {
    const old = this.session
    this.session = null
    this.planner = null
    await Promise.allSettled(this.readers)
    if (!old) return
    await old.free()
    releaseMemory()
    this.say({ type: 'unloaded' })
  }

  /** Lets something read the loaded model beside the running request. */
  beside<T>(reading: Promise<T>): Promise<T> {
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
    if (again === 'model') {
      await this.unload()
      this.planner = lowered
    }
    return again !== null
  }

  /** A plan whose model could not be loaded is made anew the next time. */
  dropFailedPlan(): void {
    if (!this.session) this.planner = null
  }

  /** Tells the core what is loaded when that has changed. */
  tellLoaded(loaded: Session): void {
    const { contextTokens } = loaded
    const { options } = this.planner!
    if (this.told?.session === loaded && this.told.contextTokens === contextTokens && this.told.options === options)
      return
    this.told = { session: loaded, contextTokens, options }
    this.say({ type: 'loaded', model: loaded.files, contextTokens, options })
  }

  /** Tells the core of this process's memory while a model is loaded. */
  tellMemory(): void {
    if (this.session) this.say({ type: 'memory', residentBytes: process.memoryUsage.rss() })
  }

  private tellPlan(): void {
    if (this.planner) this.say({ type: 'planned', plan: this.planner.plan, note: this.planner.note })
  }
}

const sameFiles = (a: ModelFiles, b: ModelFiles): boolean =>
  a.textPath === b.textPath && a.projectorPath === b.projectorPath
