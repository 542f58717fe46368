import { AppError } from '#contract'
import type { Pointer } from '../native/ffi.ts'
import { GgmlType } from '../native/ggml.ts'
import type { Runtime } from '../native/runtime.ts'
import type { ContextParamsValues } from '../native/structs.ts'
import type { ContextOptions } from '../../types.ts'
import type { SavedState } from '../cache/stateStore.ts'
import { commonPrefix, gridTokens, mediaPositions, positionSpan, unitTokens } from '../prompt/positions.ts'
import type { Unit } from '../prompt/positions.ts'
import type { LanguageModel } from './languageModel.ts'

/** Tokens per slice of a prefill: one native call, between which stop and progress get through. */
const SLICE_TOKENS = 512
const SEQUENCE = 0
const FLASH_ATTENTION = { off: 0, on: 1, auto: -1 } as const
const KV_TYPES = { f32: GgmlType.F32, f16: GgmlType.F16, q8_0: GgmlType.Q8_0, q4_0: GgmlType.Q4_0 } as const
const ROPE_SCALING_YARN = 2
const DECODE_ABORTED = 2
const DECODE_NO_SLOT = 1

/**
 * A llama.cpp context and what is in its KV cache: a list of units. The longest common prefix of what is there and what
 * is asked stays; the rest is removed by position.
 */
export class LanguageContext {
  readonly size: number
  readonly handle: Pointer
  private readonly runtime: Runtime
  private readonly model: LanguageModel
  private readonly memory: Pointer
  /** Units in the KV cache, and the position at which each begins. */
  private units: Unit[] = []
  private starts: number[] = []
  private nextPosition = 0

  private constructor(runtime: Runtime, model: LanguageModel, handle: Pointer) {
    this.runtime = runtime
    this.model = model
    this.handle = handle
    this.size = runtime.llama.contextSize(handle)
    this.memory = runtime.llama.memory(handle)
  }

  /** @throws AppError OutOfMemory. `contextTokens`: the KV cache's size. */
  static async create(runtime: Runtime, model: LanguageModel, contextTokens: number, options: ContextOptions): Promise<LanguageContext> {
    const { llama, abort, threads, log } = runtime
    const { kvType, flashAttention } = resolveOptions(model, options)
    const yarn: ContextParamsValues = options.yarnFactor ? { rope_scaling_type: ROPE_SCALING_YARN, rope_freq_scale: 1 / options.yarnFactor, yarn_orig_ctx: model.facts.trainedContext } : {}
    const params: ContextParamsValues = {
      ...llama.contextDefaultParams(),
      n_ctx: contextTokens,
      n_batch: SLICE_TOKENS,
      n_ubatch: SLICE_TOKENS,
      n_threads: threads,
      n_threads_batch: threads,
      type_k: KV_TYPES[kvType],
      type_v: KV_TYPES[kvType],
      flash_attn_type: FLASH_ATTENTION[flashAttention],
      ...yarn,
      abort_callback: abort.callback,
      abort_user: abort.data,
      no_perf: true,
    }
    log.clear()
    const handle = await llama.contextInit(model.handle, params)
    if (!handle)
      throw new AppError('OutOfMemory', `There is not enough memory for a context of ${contextTokens} tokens (${log.lastError()}). Choose a smaller context or model.`)
    return new LanguageContext(runtime, model, handle)
  }

  /** Tokens in the KV cache. */
  get used(): number {
    return this.units.reduce((sum, unit) => sum + unitTokens(unit), 0)
  }

  /** Units in the KV cache. */
  get length(): number {
    return this.units.length
  }

  /** How many of `units` are already there, as the common prefix. */
  common(units: readonly Unit[]): number {
    return commonPrefix(units, this.units)
  }

  /** The KV cache as it is, to be restored later. Takes as long as copying it. */
  async save(): Promise<SavedState> {
    const { llama } = this.runtime
    const data = new Uint8Array(llama.stateSize(this.handle, SEQUENCE))
    const written = await llama.stateGet(this.handle, data, data.length, SEQUENCE)
    return { units: [...this.units], data: data.subarray(0, written) }
  }

  /** Replaces what is in the KV cache by a saved state. Returns false, with the cache empty, when it does not fit. */
  async restore(state: SavedState): Promise<boolean> {
    this.truncate(0)
    const { llama } = this.runtime
    const read = await llama.stateSet(this.handle, state.data, state.data.length, SEQUENCE)
    if (read === 0) {
      llama.memoryClear(this.memory, false)
      return false
    }
    for (const unit of state.units) this.push(unit)
    return true
  }

  /** Keeps the first `count` units and removes what follows them. */
  truncate(count: number): void {
    if (count >= this.units.length) return
    const position = this.starts[count]!
    if (count === 0) this.runtime.llama.memoryClear(this.memory, false)
    else if (!this.runtime.llama.memorySeqRemove(this.memory, SEQUENCE, position, -1)) throw new AppError('EngineFailed', 'The KV cache could not be cut back. Try again.')
    this.units.length = count
    this.starts.length = count
    this.nextPosition = position
  }

  /**
   * Computes `units` after what is there. Runs of tokens and media go in slices; `onTokens` is told after each.
   * `embeddings` gives the vectors of a media unit, [tokens, embeddingLength].
   * @throws AppError ContextFull, EngineFailed; the signal's reason when aborted (what was computed stays).
   */
  async append(units: readonly Unit[], embeddings: (media: string) => Promise<Float32Array>, onTokens: (tokens: number) => void, signal: AbortSignal): Promise<void> {
    for (let i = 0; i < units.length; ) {
      const unit = units[i]!
      if ('media' in unit) {
        await this.appendMedia(unit, await embeddings(unit.media), i === units.length - 1, onTokens, signal)
        i++
        continue
      }
      const tokens: number[] = []
      while (tokens.length < SLICE_TOKENS && i + tokens.length < units.length) {
        const next = units[i + tokens.length]!
        if (!('token' in next)) break
        tokens.push(next.token)
      }
      await this.appendTokens(tokens, i + tokens.length === units.length, signal)
      onTokens(tokens.length)
      i += tokens.length
    }
  }

  /** Computes tokens of text; `last` asks for the logits of the final one. */
  async appendTokens(tokens: readonly number[], last: boolean, signal: AbortSignal): Promise<void> {
    const n = tokens.length
    const positions = Int32Array.from(tokens, (_, i) => this.nextPosition + i)
    const logits = new Int8Array(n)
    if (last) logits[n - 1] = 1
    await this.decode({ n_tokens: n, token: Int32Array.from(tokens), embd: null, pos: positions, n_seq_id: null, seq_id: null, logits }, signal)
    for (const token of tokens) this.push({ token })
  }

  private async appendMedia(unit: Extract<Unit, { media: string }>, vectors: Float32Array, last: boolean, onTokens: (tokens: number) => void, signal: AbortSignal): Promise<void> {
    const n = gridTokens(unit.grid)
    const width = this.model.embeddingLength
    const all = mediaPositions(unit.grid, this.nextPosition)
    try {
      for (let at = 0; at < n; at += SLICE_TOKENS) {
        const count = Math.min(SLICE_TOKENS, n - at)
        const pos = new Int32Array(4 * count)
        for (let axis = 0; axis < 4; axis++) pos.set(all.subarray(axis * n + at, axis * n + at + count), axis * count)
        const logits = new Int8Array(count)
        if (last && at + count === n) logits[count - 1] = 1
        await this.decode({ n_tokens: count, token: null, embd: vectors.slice(at * width, (at + count) * width), pos, n_seq_id: null, seq_id: null, logits }, signal)
        onTokens(count)
      }
    } catch (error) {
      this.removeFrom(this.nextPosition)
      throw error
    }
    this.push(unit)
  }

  private push(unit: Unit): void {
    this.units.push(unit)
    this.starts.push(this.nextPosition)
    this.nextPosition += positionSpan(unit)
  }

  /** Removes what a computation that ended early left behind. */
  private removeFrom(position: number): void {
    if (position === 0) this.runtime.llama.memoryClear(this.memory, false)
    else this.runtime.llama.memorySeqRemove(this.memory, SEQUENCE, position, -1)
  }

  private async decode(batch: Parameters<Runtime['llama']['decode']>[1], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const status = await this.runtime.llama.decode(this.handle, batch)
    if (status === 0) return
    this.removeFrom(this.nextPosition)
    signal.throwIfAborted()
    if (status === DECODE_NO_SLOT)
      throw new AppError('ContextFull', `The context of ${this.size} tokens is full. Start a new conversation or remove a picture.`, { context: this.size })
    throw new AppError('EngineFailed', `The model could not compute (status ${status}${status === DECODE_ABORTED ? ', stopped' : ''}): ${this.runtime.log.lastError()} Try again.`)
  }

  async free(): Promise<void> {
    await this.runtime.llama.contextFree(this.handle)
  }
}

/** What `auto` comes to: full-precision weights get a full-precision cache and plain attention, exact as the reference is. */
export function resolveOptions(model: LanguageModel, options: ContextOptions): { kvType: keyof typeof KV_TYPES; flashAttention: keyof typeof FLASH_ATTENTION } {
  const { kvType = 'auto', flashAttention = 'auto' } = options
  const type = kvType === 'auto' ? (model.facts.isF32 ? 'f32' : 'f16') : kvType
  // llama.cpp computes with a quantized V cache in flash attention only
  if (type === 'q8_0' || type === 'q4_0') return { kvType: type, flashAttention: 'on' }
  return { kvType: type, flashAttention: flashAttention === 'auto' && type === 'f32' ? 'off' : flashAttention }
}
