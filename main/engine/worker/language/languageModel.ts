import { basename } from 'node:path'
import koffi from 'koffi'
import { AppError } from '#contract'
import type { TextModelFacts } from '../../gguf/index.ts'
import type { Pointer } from '../native/ffi.ts'
import { textOverride } from '../native/structs.ts'
import type { Runtime } from '../native/runtime.ts'
import { Tokenizer } from './tokenizer.ts'

/**
 * How Qwen's vocabularies split texts, for files that do not say it: without it llama.cpp splits numbers and apostrophes in
 * another way, and takes other tokens for them.
 */
const splitting = textOverride('tokenizer.ggml.pre', 'qwen2')

/** The language model's weights in memory, until it is disposed of. */
export class LanguageModel implements AsyncDisposable {
  readonly facts: TextModelFacts
  readonly handle: Pointer
  readonly tokenizer: Tokenizer
  readonly embeddingLength: number
  private readonly runtime: Runtime

  private constructor(runtime: Runtime, facts: TextModelFacts, handle: Pointer) {
    this.runtime = runtime
    this.facts = facts
    this.handle = handle
    this.tokenizer = new Tokenizer(runtime.llama, runtime.llama.modelVocab(handle))
    this.embeddingLength = runtime.llama.modelEmbeddingLength(handle)
  }

  /**
   * Loads a file whose header was checked. `onProgress` gets 0..1. `gpuLayers`: how many layers go to the GPU.
   * @throws AppError UnsupportedModel, OutOfMemory; the signal's reason when aborted.
   */
  static async load(
    runtime: Runtime,
    path: string,
    facts: TextModelFacts,
    onProgress: (share: number) => void,
    signal: AbortSignal,
    gpuLayers = 0,
  ): Promise<LanguageModel> {
    const { llama, log, gpu } = runtime
    const report = koffi.register(
      (share: number) => {
        onProgress(share)
        return !signal.aborted
      },
      koffi.pointer(koffi.proto('bool(float share, void *user)')),
    )
    log.clear()
    // an empty list: without it llama.cpp uses every GPU for some of its work
    const devices = gpu && BigUint64Array.of(...(gpuLayers > 0 ? [gpu.device as bigint] : []), 0n)
    await using owned = new AsyncDisposableStack()
    let handle: Pointer = null
    owned.defer(async () => {
      if (handle) await llama.modelFree(handle)
    })
    try {
      handle = await llama.modelLoad(path, {
        ...llama.modelDefaultParams(),
        n_gpu_layers: gpuLayers,
        devices,
        progress_callback: report,
        kv_overrides: facts.lacksSplitting ? splitting : null,
      })
    } finally {
      koffi.unregister(report)
    }
    signal.throwIfAborted()
    if (!handle) {
      const reason = log.reason()
      if (/alloc|memory/i.test(reason))
        throw new AppError(
          'OutOfMemory',
          `There is not enough memory for this model (${reason}). Close other programs or choose a smaller model.`,
        )
      const what = `llama.cpp does not load ${basename(path)}: ${reason || 'it gives no reason'}.`
      throw new AppError('UnsupportedModel', `${what} Choose another conversion of the model.`, { path })
    }
    const model = new LanguageModel(runtime, facts, handle)
    owned.move()
    return model
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runtime.llama.modelFree(this.handle)
  }
}
