import { rm } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { AppError } from '#contract'
import type { ModelCheck, Placement, VisionSetting } from '#contract'
import { eventStream } from '../../lib/events.ts'
import { DiskCache, MAX_STATE_BYTES, embeddingsFolder, statesFolder } from '../cache/diskCache.ts'
import { checkFiles, inspectFile } from '../gguf/inspectFile.ts'
import { inspectModel } from '../gguf/inspectModel.ts'
import { planOneFile } from '../gguf/oneFile.ts'
import { readHeader } from '../gguf/readHeader.ts'
import { estimatePlacement } from '../memory/estimateFit.ts'
import { systemFreeBytes } from '../memory/memoryModel.ts'
import type { Probed, ProcessorSpeed } from '../protocol.ts'
import type {
  AnswerEvent,
  AnswerOptions,
  AnswerRequest,
  AnswerResult,
  BatchEvent,
  BatchOptions,
  ContextOptions,
  CountOptions,
  Engine,
  EngineState,
  FileFacts,
  LoadOptions,
  MachineFacts,
  ModelFiles,
  ModelSummary,
  OneFilePlan,
  PlacementCost,
  TokenCount,
} from '../types.ts'
import { EngineProcess } from './engineProcess.ts'
import type { EngineOptions } from './engineProcess.ts'
import { sameFiles } from './engineState.ts'

/** What there is to compute with, with what the model in memory takes given back. */
export function machineFacts(
  { devices, ...speed }: Probed,
  { plan, residentBytes, noGpuReason }: EngineState,
): MachineFacts {
  const taken = (device: string) => plan?.parts.slice(1).find((part) => part.device === device)?.total ?? 0
  const memoryBytes = os.totalmem()
  const within = (bytes: number, total: number) => Math.min(bytes, total)
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryBytes,
    systemFreeBytes: within(systemFreeBytes() + (plan ? (residentBytes ?? 0) : 0), memoryBytes),
    // a GPU that could not be started computes nothing
    devices: devices
      .filter(({ kind }) => kind === 'cpu' || !noGpuReason)
      .map((device) => ({ ...device, freeBytes: within(device.freeBytes + taken(device.name), device.totalBytes) })),
    ...speed,
  }
}

/** The engine as the core sees it: a process of its own that is started on demand and restarted after a crash. */
export function createEngine(options: EngineOptions): Engine {
  return new LlamaEngine(options)
}

/** What can be asked of the engine, each as a request to its process. */
class LlamaEngine implements Engine {
  private readonly process: EngineProcess
  private readonly cachePath: string
  /** Measured once, also of a process that has ended since. */
  private speed: ProcessorSpeed | null = null

  constructor(options: EngineOptions) {
    this.process = new EngineProcess(options)
    this.cachePath = options.cachePath
  }

  get state(): EngineState {
    return this.process.state
  }

  onState(listener: (state: EngineState) => void): () => void {
    return this.process.onState(listener)
  }

  async load(model: ModelFiles, contextTokens: number, { signal, context = {} }: LoadOptions = {}): Promise<void> {
    this.process.tryAgain()
    const { state, loaded } = this.process
    if (
      state.state === 'ready' &&
      sameFiles(loaded?.model, model) &&
      loaded?.contextTokens === contextTokens &&
      sameOptions(loaded.options, context)
    )
      return
    await this.process.ask({ op: 'load', model, contextTokens, options: context }, model, signal)
  }

  unload(): Promise<void> {
    return this.process.unload()
  }

  async *answer(request: AnswerRequest, options: AnswerOptions = {}): AsyncGenerator<AnswerEvent> {
    const { signal } = options
    if (signal?.aborted) return yield { type: 'done', result: nothing }
    const link = await this.process.connect(request.model, signal)
    if (!link) return yield { type: 'done', result: nothing }
    const asked = { op: 'answer', request, conversation: options.conversationId ?? null } as const
    yield* eventStream<AnswerEvent>(
      ({ push, end, fail }) => {
        const finish = (result: AnswerResult) => {
          push({ type: 'done', result })
          end()
        }
        const id = link.request(asked, (reply) => {
          if (reply instanceof AppError) fail(reply)
          else if (reply.type === 'text' || reply.type === 'reasoning') push({ type: reply.type, text: reply.text })
          else if (reply.type === 'reasoned') push({ type: 'reasoned', ms: reply.ms, tokens: reply.tokens })
          else if (reply.type === 'seen') push({ type: 'seen', seen: reply.seen })
          else if (reply.type === 'progress') push({ type: 'progress', progress: reply.progress })
          else if (reply.type === 'done') finish(reply.result as AnswerResult)
          else if (reply.type === 'failed' && reply.error.code === 'Interrupted' && signal?.aborted) finish(nothing)
          else if (reply.type === 'failed') fail(AppError.from(reply.error))
        })
        return cancelling(() => link.cancel(id), signal)
      },
      { capacity: Infinity },
    )
  }

  async *batch(
    model: ModelFiles,
    requests: readonly AnswerRequest[],
    { signal, parallel = 4, isSpare = false }: BatchOptions = {},
  ): AsyncGenerator<BatchEvent> {
    if (requests.length === 0) return
    const link = await this.process.connect(model, signal)
    if (!link) return
    yield* eventStream<BatchEvent>(
      ({ push, end, fail }) => {
        const id = link.request({ op: 'batch', model, requests, parallel, isSpare }, (reply) => {
          if (reply instanceof AppError) fail(reply)
          else if (reply.type === 'batchText') push({ type: reply.of, index: reply.index, text: reply.text })
          else if (reply.type === 'batchEnd')
            push(
              'finishReason' in reply.end
                ? { type: 'done', index: reply.index, result: reply.end }
                : { type: 'failed', index: reply.index, error: reply.end },
            )
          else if (reply.type === 'done') end()
          else if (reply.type === 'failed' && reply.error.code === 'Interrupted' && signal?.aborted) end()
          else if (reply.type === 'failed') fail(AppError.from(reply.error))
        })
        return cancelling(() => link.cancel(id), signal)
      },
      { capacity: Infinity },
    )
  }

  async count(request: AnswerRequest, { signal }: CountOptions = {}): Promise<TokenCount> {
    return (await this.process.ask({ op: 'count', request, conversation: null }, request.model, signal)) as TokenCount
  }

  async prepare(request: AnswerRequest, options: AnswerOptions = {}): Promise<TokenCount> {
    return (await this.process.ask(
      { op: 'prepare', request, conversation: options.conversationId ?? null },
      request.model,
      options.signal,
    )) as TokenCount
  }

  async forget(conversationId: string): Promise<void> {
    try {
      await this.process.forget(conversationId)
    } finally {
      await new DiskCache(statesFolder(this.cachePath), MAX_STATE_BYTES).deleteGroups([conversationId])
    }
  }

  async forgetMedia(names: readonly string[]): Promise<void> {
    if (names.length === 0) return
    // what earlier versions kept does not tell of which media it is
    await rm(join(this.cachePath, 'embeddings'), { recursive: true, force: true }).catch(() => {})
    await new DiskCache(embeddingsFolder(this.cachePath), 0).deleteGroups(names)
  }

  async machine(): Promise<MachineFacts> {
    const probed = (await this.process.ask({ op: 'probe', known: this.speed }, null)) as Probed
    const { devices: _, ...speed } = probed
    this.speed = speed.cpuBytesPerSecond > 0 ? speed : null
    return machineFacts(probed, this.state)
  }

  async plan(model: ModelFiles, placement: Placement, vision?: VisionSetting): Promise<PlacementCost> {
    const [inspected, machine] = await Promise.all([inspectModel(model), this.machine()])
    return estimatePlacement(inspected, { ...machine, vision }, placement)
  }

  setIdleUnload(ms: number | null): void {
    this.process.setIdleUnload(ms)
  }

  async inspect(model: ModelFiles, adapters: readonly string[] = []): Promise<ModelSummary> {
    const inspected = await inspectModel(model, undefined, adapters)
    const {
      name,
      architecture,
      family,
      quantization,
      projectorQuantization,
      embeddingLength,
      trainedContext,
      bytes,
      textPaths,
      names,
      chatTemplate,
    } = inspected
    return {
      name,
      architecture,
      family,
      quantization,
      projectorQuantization,
      embeddingLength,
      trainedContext,
      bytes,
      textPaths,
      names,
      chatTemplate,
    }
  }

  inspectFile(path: string, signal?: AbortSignal): Promise<FileFacts> {
    return inspectFile(path, signal)
  }

  async planOneFile(path: string, name: string): Promise<OneFilePlan> {
    return planOneFile(await readHeader(path), name)
  }

  checkFiles(paths: readonly string[], signal?: AbortSignal): Promise<ModelCheck> {
    return checkFiles(paths, signal)
  }

  close(): Promise<void> {
    return this.process.close()
  }
}

const nothing: AnswerResult = {
  tokens: [],
  promptIds: [],
  usage: { promptTokens: 0, imageTokens: 0, completionTokens: 0, cachedTokens: 0, contextTokens: 0 },
  timings: { loadMs: 0, encodeMs: 0, prefillMs: 0, ttftMs: 0, tokensPerSecond: 0 },
  finishReason: 'aborted',
}

const sameOptions = (a: ContextOptions, b: ContextOptions) =>
  a.gpuLayers === b.gpuLayers &&
  (a.vision ?? 'balanced') === (b.vision ?? 'balanced') &&
  a.kvType === b.kvType &&
  a.flashAttention === b.flashAttention &&
  a.yarnFactor === b.yarnFactor

/** Calls `cancel` when `signal` aborts, and at the latest when the returned function is called. */
function cancelling(cancel: () => void, signal: AbortSignal | undefined): () => void {
  signal?.addEventListener('abort', cancel, { once: true })
  if (signal?.aborted) cancel()
  return () => {
    signal?.removeEventListener('abort', cancel)
    cancel()
  }
}
