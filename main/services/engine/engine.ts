import { AppError } from '#contract'
import type { Placement } from '#contract'
import type { SpawnWorker } from '../../ports.ts'
import { Emitter } from '../../lib/emitter.ts'
import { AsyncQueue } from '../../lib/asyncQueue.ts'
import { DiskCache } from './cache/diskCache.ts'
import { MAX_STATE_BYTES, statesFolder } from './cache/folders.ts'
import { CrashPolicy } from './crashPolicy.ts'
import { estimatePlacement } from './estimate/index.ts'
import { inspectFile, inspectModel } from './gguf/index.ts'
import { IdleTimer } from './idleTimer.ts'
import { machineFacts } from './machine.ts'
import { MemoryWatch } from './processMemory.ts'
import type { FromWorker, Probed, SkippedVariant } from './protocol.ts'
import type { AnswerEvent, AnswerOptions, AnswerRequest, AnswerResult, BackendChoice, BatchEvent, BatchOptions, ContextOptions, Engine, EngineState, FileFacts, GpuVariant, LoadOptions, MachineFacts, ModelFiles, ModelSummary, PlacementCost, TokenCount } from './types.ts'
import { WorkerLink } from './workerLink.ts'
import type { WorkerRequest } from './workerLink.ts'

export interface EngineOptions {
  readonly spawn: SpawnWorker
  /** Folder for what can be computed again. */
  readonly cachePath: string
  /** A process that says nothing for so long while it works is restarted, ms. */
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

/** How long closing waits for the KV state to be saved, ms. */
const CLOSE_MS = 3000
/** A GPU variant is left after so many crashes in a row. */
const MOST_GPU_CRASHES = 2
const IDLE_UNLOAD_MS = 15 * 60_000
/** A change of the process's memory that is worth telling. */
const TOLD_BYTES = 2 ** 24
const OFF: EngineState = { state: 'off', model: null, progress: null, backend: null, contextTokens: null, error: null }
const GAVE_UP = new AppError('EngineGaveUp', 'The model crashed three times within five minutes and is not loaded again by itself. Choose another model, or try again.')

/** What the process has loaded, and how. */
interface Loaded {
  readonly model: ModelFiles
  readonly contextTokens: number | null
  readonly options: ContextOptions
}

/** A process that ended and is about to be started again. */
interface Restart {
  readonly done: Promise<void>
  /** Ends the pause before it. */
  now(): void
  /** What is loaded then, so that the next question does not wait for it; null: nothing. */
  reload: Loaded | null
}

/** The engine as the core sees it: a process of its own that is started on demand and restarted after a crash. */
export function createEngine(options: EngineOptions): Engine {
  return new EngineProcess(options)
}

class EngineProcess implements Engine {
  state: EngineState = OFF
  private readonly options: EngineOptions
  private readonly states = new Emitter<EngineState>()
  private readonly crashes = new CrashPolicy()
  private link: WorkerLink | null = null
  private restart: Restart | null = null
  /** The model that is not loaded again by itself after its crashes. */
  private gaveUp: ModelFiles | null = null
  /** The model of the latest request: the one a crash is blamed on. */
  private lastModel: ModelFiles | null = null
  private closed = false
  private loaded: Loaded | null = null
  /** Measured once, also of a process that has ended since. */
  private cpuBytesPerSecond: number | null = null
  /** GPU variants that ended their process or have no device, until the app ends. */
  private readonly skip: SkippedVariant[] = []
  private gpuCrashes = 0
  private readonly idle: IdleTimer
  private readonly memory: MemoryWatch
  /** Of the process when it told last. */
  private residentBytes = 0
  /** What is to be said of a renewed process until another model is loaded. */
  private renewed: string | null = null

  constructor(options: EngineOptions) {
    this.options = options
    this.idle = new IdleTimer(options.idleUnloadMs === undefined ? IDLE_UNLOAD_MS : options.idleUnloadMs, () => this.loaded && void this.unload().catch(() => {}))
    this.memory = new MemoryWatch(options.memoryLimitBytes ?? null)
  }

  onState(listener: (state: EngineState) => void): () => void {
    return this.states.on(listener)
  }

  async load(model: ModelFiles, contextTokens: number, { signal, context = {} }: LoadOptions = {}): Promise<void> {
    this.crashes.reset()
    this.gaveUp = null
    this.restart?.now()
    const { loaded } = this
    if (this.state.state === 'ready' && sameFiles(loaded?.model, model) && loaded?.contextTokens === contextTokens && sameOptions(loaded.options, context)) return
    await this.ask({ op: 'load', model, contextTokens, options: context }, model, signal)
  }

  async unload(): Promise<void> {
    const { restart } = this
    if (restart) {
      restart.reload = null
      restart.now()
      await restart.done
    } else if (this.link) await this.ask({ op: 'unload' }, null)
  }

  async *answer(request: AnswerRequest, options: AnswerOptions = {}): AsyncGenerator<AnswerEvent> {
    const { signal } = options
    if (signal?.aborted) return yield { type: 'done', result: nothing }
    const events = new AsyncQueue<AnswerEvent>()
    const link = await this.connect(request.model, signal)
    if (!link) return yield { type: 'done', result: nothing }
    const id = link.request({ op: 'answer', request, conversation: options.conversationId ?? null }, (reply) => {
      if (reply instanceof AppError) events.fail(reply)
      else if (reply.type === 'text') events.push({ type: 'text', text: reply.text })
      else if (reply.type === 'progress') {
        if (reply.progress.phase === 'loading') this.loading(request.model, reply.progress.done / reply.progress.total)
        events.push({ type: 'progress', progress: reply.progress })
      } else if (reply.type === 'done') {
        events.push({ type: 'done', result: reply.result as AnswerResult })
        events.end()
      } else if (reply.type === 'failed' && reply.error.code === 'Interrupted' && signal?.aborted) {
        this.failed(AppError.from(reply.error))
        events.push({ type: 'done', result: nothing })
        events.end()
      } else if (reply.type === 'failed') events.fail(this.failed(AppError.from(reply.error)))
    })
    yield* untilCancelled(events, () => link.cancel(id), signal)
  }

  async *batch(model: ModelFiles, requests: readonly AnswerRequest[], { signal, parallel = 4 }: BatchOptions = {}): AsyncGenerator<BatchEvent> {
    if (requests.length === 0) return
    const events = new AsyncQueue<BatchEvent>()
    const link = await this.connect(model, signal)
    if (!link) return
    const id = link.request({ op: 'batch', model, requests, parallel }, (reply) => {
      if (reply instanceof AppError) events.fail(reply)
      else if (reply.type === 'batchText') events.push({ type: 'text', index: reply.index, text: reply.text })
      else if (reply.type === 'batchEnd') events.push('finishReason' in reply.end ? { type: 'done', index: reply.index, result: reply.end } : { type: 'failed', index: reply.index, error: reply.end })
      else if (reply.type === 'progress') this.loading(model, reply.progress.done / reply.progress.total)
      else if (reply.type === 'done') events.end()
      else if (reply.type === 'failed' && reply.error.code === 'Interrupted' && signal?.aborted) events.end()
      else if (reply.type === 'failed') events.fail(this.failed(AppError.from(reply.error)))
    })
    yield* untilCancelled(events, () => link.cancel(id), signal)
  }

  async count(request: AnswerRequest): Promise<TokenCount> {
    return (await this.ask({ op: 'count', request, conversation: null }, request.model)) as TokenCount
  }

  async prepare(request: AnswerRequest, options: AnswerOptions = {}): Promise<TokenCount> {
    return (await this.ask({ op: 'prepare', request, conversation: options.conversationId ?? null }, request.model, options.signal)) as TokenCount
  }

  async forget(conversationId: string): Promise<void> {
    if (this.link && this.loaded) await this.ask({ op: 'forget', conversation: conversationId }, null)
    await new DiskCache(statesFolder(this.options.cachePath), MAX_STATE_BYTES).deleteGroup(conversationId)
  }

  async machine(): Promise<MachineFacts> {
    const probed = (await this.ask({ op: 'probe', cpuBytesPerSecond: this.cpuBytesPerSecond }, null)) as Probed
    this.cpuBytesPerSecond = probed.cpuBytesPerSecond || null
    return machineFacts(probed, this.state)
  }

  async plan(model: ModelFiles, placement: Placement): Promise<PlacementCost> {
    const [inspected, machine] = await Promise.all([inspectModel(model), this.machine()])
    return estimatePlacement(inspected, machine, placement)
  }

  setIdleUnload(ms: number | null): void {
    this.idle.setTime(ms)
  }

  async inspect(model: ModelFiles, adapters: readonly string[] = []): Promise<ModelSummary> {
    const inspected = await inspectModel(model, undefined, adapters)
    const { name, architecture, family, quantization, projectorQuantization, embeddingLength, trainedContext, bytes, textPaths } = inspected
    return { name, architecture, family, quantization, projectorQuantization, embeddingLength, trainedContext, bytes, textPaths }
  }

  inspectFile(path: string, signal?: AbortSignal): Promise<FileFacts> {
    return inspectFile(path, signal)
  }

  async close(): Promise<void> {
    if (this.closed) return
    const { link, restart } = this
    this.closed = true
    this.idle.stop()
    restart?.now()
    await restart?.done
    // unloading saves the KV state; a process that does not get to it in time is ended anyway
    if (link && this.loaded) await link.unload(CLOSE_MS)
    this.link = null
    link?.kill()
    this.set(OFF)
  }

  private async ask(request: WorkerRequest, model: ModelFiles | null, signal?: AbortSignal): Promise<AnswerResult | TokenCount | Probed | null> {
    const link = await this.connect(model, signal)
    if (!link) throw new AppError('Interrupted', 'Stopped before it began.')
    let cancel: (() => void) | null = null
    try {
      return await new Promise((resolve, reject) => {
        const id = link.request(request, (reply) => {
          if (reply instanceof AppError) reject(reply)
          else if (reply.type === 'done') resolve(reply.result)
          else if (reply.type === 'failed') reject(this.failed(AppError.from(reply.error)))
          else if (reply.type === 'progress' && reply.progress.phase === 'loading') this.loading(model, reply.progress.done / reply.progress.total)
        })
        cancel = () => link.cancel(id)
        signal?.addEventListener('abort', cancel, { once: true })
      })
    } finally {
      if (cancel) signal?.removeEventListener('abort', cancel)
    }
  }

  /** The living process, started when there is none; waits for a restart. null when `signal` aborts meanwhile. */
  private async connect(model: ModelFiles | null, signal?: AbortSignal): Promise<WorkerLink | null> {
    if (this.restart) await Promise.race([this.restart.done, aborted(signal)])
    if (signal?.aborted) return null
    if (this.closed) throw new AppError('EngineFailed', 'Sightline is closing.')
    if (this.gaveUp && model && !sameFiles(this.gaveUp, model)) {
      this.gaveUp = null
      this.crashes.reset()
    }
    if (this.gaveUp && model) throw GAVE_UP
    if (model) {
      if (!sameFiles(this.lastModel, model)) this.renewed = null
      this.lastModel = model
    }
    return (this.link ??= this.start())
  }

  private start(): WorkerLink {
    const { spawn, cachePath, backend = 'auto', stallMs = 600_000, cancelMs = 10_000 } = this.options
    const link: WorkerLink = new WorkerLink({
      spawn,
      stallMs,
      cancelMs,
      cachePath,
      backend,
      skip: this.skip,
      // a process that is being renewed has nothing more to say
      onMessage: (message) => this.link === link && this.onMessage(message),
      onBusy: (busy) => {
        if (this.link !== link) return
        this.idle.set(busy)
        if (!busy) this.checkMemory()
      },
      onExit: (error) => {
        if (this.link === link) this.onCrash(error, link.variant)
      },
    })
    return link
  }

  private onMessage(message: FromWorker): void {
    const { state } = this
    switch (message.type) {
      case 'started':
        return this.set({ ...state, backend: message.backend, noGpuReason: message.noGpuReason, devices: message.devices })
      case 'planned':
        this.memory.plan(message.plan)
        return this.set({ ...state, plan: message.plan, note: [this.renewed, message.note].filter((note) => note !== null).join(' ') || null })
      case 'loaded':
        this.loaded = message
        return this.set({ ...state, state: 'ready', model: message.model, contextTokens: message.contextTokens, progress: null, error: null })
      case 'unloaded':
        this.loaded = null
        return this.set({ ...OFF, ...ofProcess(state) })
      case 'memory':
        this.residentBytes = message.residentBytes
        if (Math.abs(message.residentBytes - (state.residentBytes ?? 0)) >= TOLD_BYTES) this.set({ ...state, residentBytes: message.residentBytes })
        return this.checkMemory()
      case 'text':
      case 'batchText':
        this.memory.work()
    }
  }

  private checkMemory(): void {
    if (this.loaded && this.idle.isIdle && this.memory.isTooLarge(this.residentBytes)) this.renew(this.loaded, this.residentBytes)
  }

  /** Ends an idle process that has grown too large, its KV state saved, and loads the model in a new one. */
  private renew(loaded: Loaded, residentBytes: number): void {
    const link = this.link!
    this.link = null
    this.loaded = null
    this.idle.stop()
    this.memory.renew()
    this.renewed = `The model's process had grown to ${(residentBytes / 1e9).toFixed(1)} GB and was started again.`
    this.set({ ...this.state, state: 'restarting', progress: null, error: null, note: this.renewed })
    const ended = link.unload(CLOSE_MS).then(() => link.kill())
    this.restartAfter(ended, loaded)
  }

  /** Starts a process again once `pause` is over, with the model it had. */
  private restartAfter(pause: Promise<void>, reload: Loaded | null, now = () => {}): void {
    const done = pause.then(() => {
      this.restart = null
      if (this.closed) return
      const { reload: loaded } = restart
      if (loaded) void this.ask({ op: 'load', model: loaded.model, contextTokens: loaded.contextTokens, options: loaded.options }, loaded.model).catch(() => {})
      else this.set(OFF)
    })
    const restart: Restart = { done, now, reload }
    this.restart = restart
  }

  private loading(model: ModelFiles | null, progress: number): void {
    this.set({ ...this.state, state: 'loading', model, progress, error: null })
  }

  /** A request failed while the process lives: a failed load leaves no model. */
  private failed(error: AppError): AppError {
    if (this.state.state === 'loading') this.set({ ...this.state, state: error.code === 'Interrupted' ? 'off' : 'failed', progress: null, error: error.code === 'Interrupted' ? null : error.toInfo() })
    return error
  }

  private onCrash(error: AppError, variant: GpuVariant | null): void {
    const before = this.loaded
    this.link = null
    this.loaded = null
    if (this.closed) return
    this.gpuCrashes = variant ? this.gpuCrashes + 1 : 0
    if (variant && this.gpuCrashes >= MOST_GPU_CRASHES) {
      // the next crash counts anew: the model may be well on the CPU
      this.skip.push({ variant, reason: 'the model crashed on it' })
      this.gpuCrashes = 0
      this.crashes.reset()
    }
    const delay = this.crashes.crashed()
    if (delay === null) {
      this.gaveUp = this.lastModel
      this.set({ ...OFF, state: 'failed', model: this.state.model, error: GAVE_UP.toInfo() })
      return
    }
    this.idle.stop()
    this.set({ ...this.state, state: 'restarting', progress: null, error: error.toInfo() })
    let now = () => {}
    const pause = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delay)
      now = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.restartAfter(pause, before, () => now())
  }

  private set(state: EngineState): void {
    this.state = state
    this.states.emit(state)
  }
}

const nothing: AnswerResult = {
  tokens: [],
  promptIds: [],
  usage: { promptTokens: 0, imageTokens: 0, completionTokens: 0, cachedTokens: 0, contextTokens: 0 },
  timings: { loadMs: 0, encodeMs: 0, prefillMs: 0, ttftMs: 0, tokensPerSecond: 0 },
  finishReason: 'aborted',
}

/** What stays true of the process when its model is gone. */
const ofProcess = ({ backend, noGpuReason, devices }: EngineState): Partial<EngineState> => ({ backend, noGpuReason, devices })

const sameFiles = (a: ModelFiles | null | undefined, b: ModelFiles) => a?.textPath === b.textPath && a.projectorPath === b.projectorPath

const sameOptions = (a: ContextOptions, b: ContextOptions) =>
  a.gpuLayers === b.gpuLayers && a.kvType === b.kvType && a.flashAttention === b.flashAttention && a.yarnFactor === b.yarnFactor

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }))
}

/** The events of a request; it is cancelled when `signal` aborts and when nobody takes events any more. */
async function* untilCancelled<T>(events: AsyncIterable<T>, cancel: () => void, signal: AbortSignal | undefined): AsyncGenerator<T> {
  signal?.addEventListener('abort', cancel, { once: true })
  if (signal?.aborted) cancel()
  try {
    yield* events
  } finally {
    signal?.removeEventListener('abort', cancel)
    cancel()
  }
}
