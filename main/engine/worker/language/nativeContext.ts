import { AppError, say } from '#contract'
import koffi from 'koffi'
import { mostCheckpoints } from '../../memory/checkpoints.ts'
import { resolveOptions } from '../../memory/plan.ts'
import type { ContextOptions } from '../../types.ts'
import type { Memory, Pointer } from '../native/ffi.ts'
import { GgmlType } from '../native/ggml.ts'
import type { BatchValues } from '../native/llama.ts'
import type { Runtime } from '../native/runtime.ts'
import type { ContextParamsValues } from '../native/structs.ts'
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
/** Position rows of embeddings: t, h, w and zeros. */
const POSITION_ROWS = 4
/** Of a state the part that cannot be cut back: `LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY` of llama.h. */
const RECURRENT_ONLY = 1
/** Tokens that `decodeInOrder` computes in one call, with as many sequences to help. */
const HELPERS = 32

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

/** What a native context is for, beside its size. */
export interface ContextUse {
  /** Sequences with a KV cache of their own. */
  readonly sequences?: number
  /** Whether `decodeInOrder` has to be fast; for contexts of one sequence. */
  readonly inOrder?: boolean
}

/** What a context of a hybrid model, which has recurrent states beside keys and values, goes back with. */
export interface HybridFacts {
  /** The token that begins a turn. */
  readonly turnStart: number
  /** Copies of the recurrent state that a sequence may keep. */
  readonly mostCheckpoints: number
}

/** Of each token: in how many sequences it is, and the address of their numbers. */
interface Sequences {
  readonly n_seq_id: Memory
  readonly seq_id: Memory
}

/** A llama.cpp context: the KV cache of one or more sequences of `size` tokens each. */
export class NativeContext {
  readonly handle: Pointer
  readonly memory: Pointer
  /** Tokens of one sequence. */
  readonly size: number
  /** null: the model has keys and values alone. */
  readonly hybrid: HybridFacts | null
  /** How many native calls have begun to compute. */
  begun = 0
  private readonly runtime: Runtime
  /** Threads that compute a single token. */
  private stepThreads: number
  /** Sequences beside the one of a context for `decodeInOrder`. */
  private readonly helpers: number
  /** The sequence through which parts of the KV cache are copied; null: there is none. */
  private readonly copying: number | null
  /** The numbers of all sequences in native memory, to point at, and 0 once more at the end. */
  private readonly sequenceIds: bigint

  private constructor(
    runtime: Runtime,
    handle: Pointer,
    sequences: number,
    {
      helpers,
      copying,
      hybrid,
    }: { readonly helpers: number; readonly copying: number | null; readonly hybrid: HybridFacts | null },
  ) {
    this.runtime = runtime
    this.stepThreads = runtime.threads
    this.handle = handle
    this.memory = runtime.llama.memory(handle)
    this.size = Math.floor(runtime.llama.contextSize(handle) / sequences)
    this.helpers = helpers
    this.copying = copying
    this.hybrid = hybrid
    const all = sequences + helpers
    this.sequenceIds = koffi.alloc('int', all + 1) as bigint
    for (let i = 0; i <= all; i++) koffi.encode(this.sequenceIds, i * SEQUENCE_BYTES, 'int', i % all)
  }

  /** `contextTokens`: of each sequence. @throws AppError OutOfMemory. */
  static async create(
    runtime: Runtime,
    model: LanguageModel,
    contextTokens: number,
    options: ContextOptions,
    { sequences = 1, inOrder = false }: ContextUse = {},
  ): Promise<NativeContext> {
    const { recurrent } = model.facts
    // each sequence has a recurrent state, and the slices of a video never share a position in a hybrid model
    const helpers = inOrder && !recurrent ? HELPERS : 0
    // between calls, the first helper is free for copying
    const copying = sequences === 1 ? 1 : null
    const { llama, abort, threads, log } = runtime
    const { kvType, flashAttention } = resolveOptions(model, options)
    const yarn: ContextParamsValues = options.yarnFactor
      ? {
          rope_scaling_type: ROPE_SCALING_YARN,
          rope_freq_scale: 1 / options.yarnFactor,
          yarn_orig_ctx: model.facts.trainedContext,
        }
      : {}
    const params: ContextParamsValues = {
      ...llama.contextDefaultParams(),
      n_ctx: contextTokens * sequences,
      n_batch: SLICE_TOKENS,
      n_ubatch: SLICE_TOKENS,
      n_seq_max: sequences + (helpers > 0 ? helpers : copying === null ? 0 : 1),
      // helpers see the cache of the sequence they help, and cells that are copied stay where they are
      kv_unified: copying !== null,
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
      throw new AppError(
        'OutOfMemory',
        say`There is not enough memory for a context of ${contextTokens * sequences} tokens (${log.reason()}). Choose a smaller context or model.`,
      )
    if (runtime.threadPool) llama.attachThreadpool(handle, runtime.threadPool, null)
    const hybrid = recurrent && {
      turnStart: model.tokenizer.turnStart,
      // copies for each of many sequences would take more memory than computing again takes time
      mostCheckpoints: sequences === 1 ? mostCheckpoints(recurrent) : 0,
    }
    return new NativeContext(runtime, handle, sequences, { helpers, copying, hybrid })
  }

  /**
   * Computes a slice of at most `SLICE_TOKENS`. Each token sees those of its sequence that come before it by position and,
   * among equal positions, by row and column: so is the order within a picture. On failure what it began stays in the
   * cache for the caller to remove.
   * @throws AppError ContextFull, EngineFailed; the signal's reason when aborted.
   */
  async decode(slice: Slice, signal: AbortSignal): Promise<void> {
    await this.compute(slice, this.sequencesOf(slice.count, slice.sequences), signal)
  }

  /**
   * Computes embeddings of one sequence so that each sees all that is in the cache and those before it in the slice,
   * whatever the positions are. Without helpers one at a time. @throws as `decode`.
   */
  async decodeInOrder(
    slice: Slice & { readonly embeddings: Float32Array; readonly sequences: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { llama } = this.runtime
    const step = Math.max(1, this.helpers)
    llama.setCausal(this.handle, false)
    try {
      for (let at = 0; at < slice.count; at += step) {
        const part = partOf(slice, at, Math.min(step, slice.count - at))
        await this.compute(
          part,
          this.helpers ? this.helped(part.count) : this.sequencesOf(part.count, slice.sequences),
          signal,
        )
      }
    } finally {
      llama.setCausal(this.handle, true)
      for (let i = 1; i <= this.helpers; i++) this.remove(i, 0)
    }
  }

  /**
   * Sequences for tokens that see one another in their order alone. Without a mask a token sees what is in its first
   * sequence: each has a helper of its own, and is in the helpers of all that follow it and in the sequence itself.
   */
  private helped(count: number): Sequences {
    const first = this.helpers - count + 1
    for (let i = first; i <= this.helpers; i++) this.runtime.llama.memorySeqCopy(this.memory, 0, i, -1, -1)
    return {
      n_seq_id: Int32Array.from({ length: count }, (_, i) => count - i + 1),
      seq_id: BigUint64Array.from({ length: count }, (_, i) => this.sequenceIds + BigInt((first + i) * SEQUENCE_BYTES)),
    }
  }

  private async compute(
    { count, tokens, embeddings, positions, logits }: Slice,
    sequences: Sequences,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted()
    this.begun++
    const batch = { n_tokens: count, token: tokens, embd: embeddings, pos: positions, logits, ...sequences }
    const status = await (count === 1 ? this.step(batch) : this.runtime.llama.decode(this.handle, batch))
    if (status === 0) return
    signal.throwIfAborted()
    if (status === DECODE_NO_SLOT)
      throw new AppError(
        'ContextFull',
        say`The context of ${this.size} tokens is full. Start a new conversation or remove a picture.`,
        {
          context: this.size,
        },
      )
    if (status === DECODE_NO_MEMORY)
      throw new AppError(
        'OutOfMemory',
        say`There is not enough memory to compute (${this.runtime.log.reason()}). Close other programs or choose a smaller model.`,
      )
    throw new AppError(
      'EngineFailed',
      say`The model could not compute (status ${status}${status === DECODE_ABORTED ? ', stopped' : ''}): ${this.runtime.log.reason()} Try again.`,
    )
  }

  /** A call for a single token, with as many threads as are best at present. */
  private async step(batch: BatchValues): Promise<number> {
    const { llama, stepThreads, threads } = this.runtime
    if (!stepThreads) return llama.decode(this.handle, batch)
    if (stepThreads.count !== this.stepThreads) {
      this.stepThreads = stepThreads.count
      llama.setThreads(this.handle, this.stepThreads, threads)
    }
    const [started, before] = [performance.now(), process.cpuUsage()]
    const status = await llama.decode(this.handle, batch)
    const { user, system } = process.cpuUsage(before)
    if (status === 0) stepThreads.took(performance.now() - started, (user + system) / 1000)
    return status
  }

  /** Removes a sequence from `position` on. Returns false when llama.cpp cannot; never called for a part of a hybrid one. */
  remove(sequence: number, position: number): boolean {
    return this.runtime.llama.memorySeqRemove(this.memory, sequence, position === 0 ? -1 : position, -1)
  }

  /** A copy of a sequence's recurrent state as it is. @throws RangeError when there is no memory for it. */
  async recurrentState(sequence: number): Promise<Uint8Array> {
    const { llama } = this.runtime
    const data = new Uint8Array(llama.partSize(this.handle, sequence, RECURRENT_ONLY))
    const written = await llama.partGet(this.handle, data, data.length, sequence, RECURRENT_ONLY)
    return data.subarray(0, written)
  }

  /**
   * Puts a copied recurrent state in the place of a sequence's, and removes what is behind it, from `position` on. Returns
   * false when llama.cpp cannot; the sequence is of no use then.
   */
  goBack(sequence: number, state: Uint8Array, position: number): boolean {
    const read = this.runtime.llama.partSet(this.handle, state, state.length, sequence, RECURRENT_ONLY)
    // the state alone is not enough: attention would still see what followed
    return read > 0 && this.remove(sequence, position)
  }

  /**
   * A copy of what the KV cache holds of a sequence between two positions, of a hybrid model without its recurrent state,
   * which belongs to the end of all. For contexts of one sequence.
   * @throws RangeError when there is no memory for it.
   */
  async copyOut(sequence: number, from: number, to: number): Promise<Uint8Array> {
    const { llama } = this.runtime
    const copying = this.copying!
    llama.memorySeqCopy(this.memory, sequence, copying, from, to)
    try {
      const data = new Uint8Array(llama.stateSize(this.handle, copying))
      const written = await llama.stateGet(this.handle, data, data.length, copying)
      // the recurrent state stands behind keys and values
      const recurrent = this.hybrid ? llama.partSize(this.handle, copying, RECURRENT_ONLY) : 0
      return data.subarray(0, written - recurrent)
    } finally {
      this.remove(copying, 0)
    }
  }

  /**
   * Adds what was copied out to a sequence. Returns false when it does not fit. A hybrid sequence has no recurrent state
   * after that, until it is gone back to one.
   */
  async copyIn(sequence: number, data: Uint8Array): Promise<boolean> {
    const { llama } = this.runtime
    const copying = this.copying!
    const whole = this.hybrid ? Buffer.concat([data, await this.recurrentState(copying)]) : data
    const read = await llama.stateSet(this.handle, whole, whole.length, copying)
    if (read > 0) llama.memorySeqCopy(this.memory, copying, sequence, -1, -1)
    this.remove(copying, 0)
    return read > 0
  }

  async free(): Promise<void> {
    koffi.free(this.sequenceIds)
    await this.runtime.llama.contextFree(this.handle)
  }

  /** Without arrays everything belongs to sequence 0. */
  private sequencesOf(count: number, sequences: number | readonly number[]): Sequences {
    if (sequences === 0) return { n_seq_id: null, seq_id: null }
    const of = (i: number) => (typeof sequences === 'number' ? sequences : sequences[i]!)
    return {
      n_seq_id: new Int32Array(count).fill(1),
      seq_id: BigUint64Array.from({ length: count }, (_, i) => this.sequenceIds + BigInt(of(i) * SEQUENCE_BYTES)),
    }
  }
}

/** `count` embeddings of a slice from `at` on. */
export function partOf<T extends Slice & { readonly embeddings: Float32Array }>(
  slice: T,
  at: number,
  count: number,
): T {
  const width = slice.embeddings.length / slice.count
  const positions = new Int32Array(POSITION_ROWS * count)
  for (let row = 0; row < POSITION_ROWS; row++)
    positions.set(slice.positions.subarray(row * slice.count + at, row * slice.count + at + count), row * count)
  return {
    ...slice,
    count,
    embeddings: slice.embeddings.slice(at * width, (at + count) * width),
    positions,
    logits: slice.logits.slice(at, at + count),
  }
}
