import { basename } from 'node:path'
import { AppError, say } from '#contract'
import koffi from 'koffi'
import { checkAdapter } from '../../gguf/checkAdapter.ts'
import type { TextModelFacts } from '../../gguf/checkTextModel.ts'
import { fingerprint } from '../../gguf/fingerprint.ts'
import { readHeader } from '../../gguf/readHeader.ts'
import type { LoraAdapter } from '../../types.ts'
import type { Pointer } from '../native/ffi.ts'
import type { Runtime } from '../native/runtime.ts'
import { textOverride } from '../native/structs.ts'
import { Tokenizer } from './tokenizer.ts'

/** How a vocabulary splits texts. */
const SPLITTING = 'tokenizer.ggml.pre'

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
    this.tokenizer = new Tokenizer(runtime.llama, runtime.llama.modelVocab(handle), facts.splitting)
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
    // otherwise llama.cpp splits numbers and apostrophes in another way, and takes other tokens for them
    const splitting = facts.lacksSplitting ? textOverride(SPLITTING, facts.splitting) : null
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
        kv_overrides: splitting,
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
          say`There is not enough memory for this model (${reason}). Close other programs or choose a smaller model.`,
        )
      const what = `llama.cpp does not load ${basename(path)}: ${reason || 'it gives no reason'}.`
      throw new AppError('UnsupportedModel', say`${what} Choose another conversion of the model.`, { path })
    }
    const model = new LanguageModel(runtime, facts, handle)
    owned.move()
    return model
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runtime.llama.modelFree(this.handle)
  }
}

/** Adapters in memory, ready to be applied. */
export interface LoadedAdapters {
  /** Names their content and scales: what is computed with others is of no use to these. */
  readonly key: string
  readonly handles: BigUint64Array
  readonly scales: Float32Array
}

/** The LoRA adapters of a loaded model: read once, applied to a context as each request wishes. */
export class Loras {
  private readonly runtime: Runtime
  private readonly model: LanguageModel
  /** By the content of their files, so that a file that was replaced is read again. Freed with the model. */
  private readonly loaded = new Map<string, Pointer>()

  constructor(runtime: Runtime, model: LanguageModel) {
    this.runtime = runtime
    this.model = model
  }

  /**
   * Checks and reads `adapters`; those of scale 0 are checked only, they change nothing.
   * @throws AppError ModelNotFound, ModelDamaged, UnsupportedModel, InvalidInput for a scale that is no number.
   */
  async load(adapters: readonly LoraAdapter[]): Promise<LoadedAdapters> {
    const used: { handle: Pointer; scale: number; content: string }[] = []
    for (const { path, scale } of adapters) {
      if (!Number.isFinite(scale))
        throw new AppError(
          'InvalidInput',
          say`The scale of the LoRA adapter ${basename(path)} is not a number. Use 1 to apply it fully.`,
        )
      checkAdapter(await readHeader(path), this.model.facts)
      const content = await fingerprint(path)
      if (scale !== 0)
        used.push({ handle: this.loaded.get(content) ?? (await this.read(path, content)), scale, content })
    }
    return {
      key: JSON.stringify(used.map(({ content, scale }) => [content, scale])),
      handles: BigUint64Array.from(used, ({ handle }) => BigInt(handle ?? 0)),
      scales: Float32Array.from(used, ({ scale }) => scale),
    }
  }

  /** Applies exactly these to `context`; what was computed there before does not fit them. @throws AppError EngineFailed. */
  apply(context: Pointer, { handles, scales }: LoadedAdapters): void {
    const status = this.runtime.llama.setLoras(context, handles, handles.length, scales)
    if (status !== 0)
      throw new AppError('EngineFailed', say`The LoRA adapters could not be applied: ${this.runtime.log.reason()}`)
  }

  private async read(path: string, content: string): Promise<Pointer> {
    this.runtime.log.clear()
    const handle = await this.runtime.llama.loraInit(this.model.handle, path)
    if (!handle) throw doesNotFit(path, this.runtime.log.reason())
    this.loaded.set(content, handle)
    return handle
  }
}

function doesNotFit(path: string, reason: string): AppError {
  const what = `llama.cpp does not take the LoRA adapter ${basename(path)} for this model: ${reason}.`
  return new AppError('UnsupportedModel', say`${what} Choose an adapter that was made for this model.`, { path })
}
