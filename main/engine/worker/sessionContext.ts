import type { VisionSetting } from '#contract'
import { DiskCache, MAX_STATE_BYTES, embeddingsFolder, statesFolder } from '../cache/diskCache.ts'
import { fingerprint } from '../gguf/fingerprint.ts'
import { AUTO_CONTEXT, resolveOptions } from '../memory/plan.ts'
import type { AnswerRequest, ContextOptions } from '../types.ts'
import { KvState } from './kvState/kvState.ts'
import { KvStateStore } from './kvState/kvStateStore.ts'
import { LanguageContext } from './language/context.ts'
import type { LanguageModel, Loras } from './language/languageModel.ts'
import { NativeContext } from './language/nativeContext.ts'
import type { Runtime } from './native/runtime.ts'
import type { Planner } from './planner.ts'
import { isCrowded } from '../../lib/families/grid.ts'
import { contextFull } from './prompt/prompt.ts'
import type { Prompt } from './prompt/prompt.ts'
import { EmbeddingCache } from './vision/mediaEncoder.ts'

/** For rows as wide as the language model. */
const EMBEDDING_BYTES = 2 ** 30

/** What one loaded model keeps from question to question. */
export interface ModelCaches {
  readonly embeddings: EmbeddingCache
  readonly state: KvState
}

/** Raised whenever the tower computes other numbers than before, but for rounding. */
const TOWER_VERSION = 1

/** What the names of a model's caches are made of. */
interface CachedModel {
  readonly textPaths: readonly string[]
  readonly projectorPath: string | null
  /** As the model looks at pictures. */
  readonly vision: VisionSetting
}

/**
 * Caches of a model, named by all of its files, how it looks at pictures and the `release` of llama.cpp, in `folder`; null:
 * nothing goes to disk. What was computed as one setting is never taken for another. How the tower's weights are rounded
 * beyond that is not in the names: a process finds that out by measuring, the next one may find it otherwise, and what was
 * saved has to be there for it. `rowParts`: how many times as wide as the language model a picture's rows are.
 */
export async function openCaches(
  folder: string | null,
  { textPaths, projectorPath, vision }: CachedModel,
  release: string,
  rowParts: number,
): Promise<ModelCaches> {
  if (folder === null) return { embeddings: new EmbeddingCache(null, ''), state: new KvState(null) }
  const projector = projectorPath ? `${await fingerprint(projectorPath)}:${TOWER_VERSION}:${vision}` : ''
  const text = await Promise.all(textPaths.map(fingerprint))
  const model = `${text.join('+')}:${projector}:${release}`
  return {
    embeddings: new EmbeddingCache(new DiskCache(embeddingsFolder(folder), EMBEDDING_BYTES * rowParts), projector),
    state: new KvState(new KvStateStore(new DiskCache(statesFolder(folder), MAX_STATE_BYTES, 'series'), model)),
  }
}

/** Room for a thought whose length nobody limits, in tokens, where the size of the context is left open. */
const THOUGHT_ROOM = 4096

/** llama.cpp rounds a context up to a multiple of this, in tokens. */
const CONTEXT_STEP = 256
const rounded = (tokens: number): number => Math.ceil(tokens / CONTEXT_STEP) * CONTEXT_STEP

/** What a context is needed for. */
interface ContextNeeds {
  /** Its size; null: the usual. */
  readonly contextTokens: number | null
  readonly options?: ContextOptions
  /** Tokens that must fit. */
  readonly needed?: number
  /** Whether it has to hold videos whose slices share positions. */
  readonly inOrder?: boolean
}

/** The one context of a session, made again when a request needs another one; what is in it is saved before. */
export class SessionContext {
  private readonly runtime: Runtime
  private readonly planner: Planner
  private readonly model: LanguageModel
  private readonly loras: Loras
  private readonly state: KvState
  private context: LanguageContext | null = null
  /** What it was made with. */
  private layout = ''
  private inOrder = false
  /** What the numbers in the KV cache depend on beside the model. */
  private kvVariant = ''
  /** The adapters that it computes with; null: none were set in this context yet. */
  private loraKey: string | null = null

  constructor(runtime: Runtime, planner: Planner, model: LanguageModel, loras: Loras, state: KvState) {
    this.runtime = runtime
    this.planner = planner
    this.model = model
    this.loras = loras
    this.state = state
  }

  /** null before the first. */
  get current(): LanguageContext | null {
    return this.context
  }

  /**
   * The context for a prompt: as large as asked, or as needed when the request leaves it open.
   * @throws AppError ContextFull, OutOfMemory; the signal's reason.
   */
  async for(request: AnswerRequest, prompt: Prompt, signal: AbortSignal): Promise<LanguageContext> {
    const contextTokens = this.wanted(request, prompt)
    const inOrder = prompt.units.some((unit) => 'media' in unit && isCrowded(unit.grid))
    const needed = Math.min(contextTokens, prompt.tokens + 1)
    const context = await this.reserve({ contextTokens, options: request.context, needed, inOrder }, signal)
    await this.adapt(context, request, signal)
    if (prompt.tokens >= context.size) throw contextFull(prompt, context.size, this.limit(request.context))
    return context
  }

  /**
   * Makes a context unless the present one will do; smaller than asked where the plan demands it.
   * @throws AppError OutOfMemory; the signal's reason, with the present context and what is in it left.
   */
  async reserve(
    { contextTokens, options = {}, needed = 0, inOrder = false }: ContextNeeds,
    signal: AbortSignal,
  ): Promise<LanguageContext> {
    const wanted = Math.min(contextTokens ?? AUTO_CONTEXT, this.limit(options))
    const size = this.planner.context(rounded(wanted), needed, options)
    const kv = JSON.stringify({ ...resolveOptions(this.model, options), yarn: options.yarnFactor ?? 1 })
    const layout = `${size} ${kv}`
    if (this.context && this.layout === layout && (this.inOrder || !inOrder)) return this.context
    await this.save(signal)
    signal.throwIfAborted()
    await this.drop()
    this.context = new LanguageContext(await NativeContext.create(this.runtime, this.model, size, options, { inOrder }))
    this.layout = layout
    this.inOrder = inOrder
    this.kvVariant = kv
    this.state.switchVariant(kv)
    return this.context
  }

  /** The size of the context for a prompt, memory allowing, in tokens. */
  sizeFor(request: AnswerRequest, prompt: Prompt): number {
    return rounded(Math.min(this.wanted(request, prompt), this.limit(request.context)))
  }

  /** Saves what is new in the KV state of its conversation, until `signal` aborts. */
  async save(signal: AbortSignal): Promise<void> {
    if (this.context) await this.state.save(this.context, signal)
  }

  /** Frees it, what is in it saved as far as there is memory for copies. */
  async drop(): Promise<void> {
    const old = this.context
    if (!old) return
    this.context = null
    this.loraKey = null
    try {
      await this.state.save(old)
    } finally {
      this.state.leave()
      await old.free()
    }
  }

  /** What is in it is not saved. */
  discardState(): void {
    this.state.discard()
  }

  /** Tokens that a context may hold at most. */
  private limit({ yarnFactor = 1 }: ContextOptions = {}): number {
    return this.model.facts.trainedContext * yarnFactor
  }

  /** Tokens that the context for a prompt should hold. */
  private wanted(request: AnswerRequest, prompt: Prompt): number {
    const { contextTokens, maxTokens, thinkingBudget } = request
    const thought = prompt.thinks ? (thinkingBudget ?? THOUGHT_ROOM) : 0
    return contextTokens ?? Math.max(AUTO_CONTEXT, this.context?.size ?? 0, prompt.tokens + thought + maxTokens)
  }

  /** What was computed with other adapters is of no use. @throws the signal's reason, with nothing changed. */
  private async adapt(context: LanguageContext, { lora = [] }: AnswerRequest, signal: AbortSignal): Promise<void> {
    const adapters = await this.loras.load(lora)
    if (adapters.key === this.loraKey) return
    await this.state.save(context, signal)
    signal.throwIfAborted()
    context.truncate(0)
    this.loras.apply(context.handle, adapters)
    this.loraKey = adapters.key
    this.state.switchVariant(`${this.kvVariant} ${adapters.key}`)
  }
}
