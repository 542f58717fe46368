import koffi from 'koffi'
import { AppError } from '#contract'
import { resolveOptions } from '../../memory/contextOptions.ts'
import type { Memory, Pointer } from '../native/ffi.ts'
import { GgmlType } from '../native/ggml.ts'
import type { Runtime } from '../native/runtime.ts'
import type { ContextParamsValues } from '../native/structs.ts'
import type { ContextOptions } from '../../types.ts'
import type { LanguageModel } from './languageModel.ts'

/** Tokens per slice of a prefill: one native call, between which stop and progress get through. */
export const SLICE_TOKENS = 512
const FLASH_ATTENTION = { off: 0, on: 1, auto: -1 } as const
const KV_TYPES = { f32: GgmlType.F32, f16: GgmlType.F16, q8_0: GgmlType.Q8_0, q4_0: GgmlType.Q4_0 } as const
const ROPE_SCALING_YARN = 2
const DECODE_NO_SLOT = 1
const DECODE_ABORTED = 2
const DECODE_NO_MEMORY = -2
const SEQUENCE_BYTES = 4

/** What one native call computes: tokens or embeddings with their positions, and which of them give logits. */
export interface Slice {
  readonly count: number
  readonly tokens: Int32Array | null
  readonly embeddings: Float32Array | null
  /** One row for tokens, four for embeddings. */
  readonly positions: Int32Array
  readonly logits: Int8Array
  /** The sequence of each, or the one of all. */
  readonly sequences: number | readonly number[]
}

/** A llama.cpp context: the KV cache of one or more sequences of `size` tokens each. */
export class NativeContext {
  readonly handle: Pointer
  readonly memory: Pointer
  /** Tokens of one sequence. */
  readonly size: number
  private readonly runtime: Runtime
  /** The numbers of the sequences in native memory, to point at. */
  private readonly sequenceIds: bigint

  private constructor(runtime: Runtime, handle: Pointer, sequences: number) {
    this.runtime = runtime
    this.handle = handle
    this.memory = runtime.llama.memory(handle)
    this.size = Math.floor(runtime.llama.contextSize(handle) / sequences)
    this.sequenceIds = koffi.alloc('int', sequences) as bigint
    for (let i = 0; i < sequences; i++) koffi.encode(this.sequenceIds, i * SEQUENCE_BYTES, 'int', i)
  }

  /** `contextTokens`: of each sequence. @throws AppError OutOfMemory. */
  static async create(runtime: Runtime, model: LanguageModel, contextTokens: number, options: ContextOptions, sequences = 1): Promise<NativeContext> {
    const { llama, abort, threads, log } = runtime
    const { kvType, flashAttention } = resolveOptions(model, options)
    const yarn: ContextParamsValues = options.yarnFactor ? { rope_scaling_type: ROPE_SCALING_YARN, rope_freq_scale: 1 / options.yarnFactor, yarn_orig_ctx: model.facts.trainedContext } : {}
    const params: ContextParamsValues = {
      ...llama.contextDefaultParams(),
      n_ctx: contextTokens * sequences,
      n_batch: SLICE_TOKENS,
      n_ubatch: SLICE_TOKENS,
      n_seq_max: sequences,
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
      throw new AppError('OutOfMemory', `There is not enough memory for a context of ${contextTokens * sequences} tokens (${log.reason()}). Choose a smaller context or model.`)
    if (runtime.threadPool) llama.attachThreadpool(handle, runtime.threadPool, null)
    return new NativeContext(runtime, handle, sequences)
  }

  /**
   * Computes a slice of at most `SLICE_TOKENS`. On failure what it began stays in the cache for the caller to remove.
   * @throws AppError ContextFull, EngineFailed; the signal's reason when aborted.
   */
  async decode({ count, tokens, embeddings, positions, logits, sequences }: Slice, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const status = await this.runtime.llama.decode(this.handle, {
      n_tokens: count,
      token: tokens,
      embd: embeddings,
      pos: positions,
      logits,
      ...this.sequencesOf(count, sequences),
    })
    if (status === 0) return
    signal.throwIfAborted()
    if (status === DECODE_NO_SLOT)
      throw new AppError('ContextFull', `The context of ${this.size} tokens is full. Start a new conversation or remove a picture.`, { context: this.size })
    if (status === DECODE_NO_MEMORY) throw new AppError('OutOfMemory', `There is not enough memory to compute (${this.runtime.log.reason()}). Close other programs or choose a smaller model.`)
    throw new AppError('EngineFailed', `The model could not compute (status ${status}${status === DECODE_ABORTED ? ', stopped' : ''}): ${this.runtime.log.reason()} Try again.`)
  }

  /** Removes a sequence from `position` on. Returns false when llama.cpp cannot. */
  remove(sequence: number, position: number): boolean {
    return this.runtime.llama.memorySeqRemove(this.memory, sequence, position === 0 ? -1 : position, -1)
  }

  async free(): Promise<void> {
    koffi.free(this.sequenceIds)
    await this.runtime.llama.contextFree(this.handle)
  }

  /** Without arrays everything belongs to sequence 0. */
  private sequencesOf(count: number, sequences: number | readonly number[]): { n_seq_id: Memory; seq_id: Memory } {
    if (sequences === 0) return { n_seq_id: null, seq_id: null }
    const of = (i: number) => (typeof sequences === 'number' ? sequences : sequences[i]!)
    return {
      n_seq_id: new Int32Array(count).fill(1),
      seq_id: BigUint64Array.from({ length: count }, (_, i) => this.sequenceIds + BigInt(of(i) * SEQUENCE_BYTES)),
    }
  }
}
