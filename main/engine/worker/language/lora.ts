import { basename } from 'node:path'
import { AppError } from '#contract'
import { checkAdapter, fingerprint, readHeader } from '../../gguf/index.ts'
import type { LoraAdapter } from '../../types.ts'
import type { Pointer } from '../native/ffi.ts'
import type { Runtime } from '../native/runtime.ts'
import type { LanguageModel } from './languageModel.ts'

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
          `The scale of the LoRA adapter ${basename(path)} is not a number. Use 1 to apply it fully.`,
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
      throw new AppError('EngineFailed', `The LoRA adapters could not be applied: ${this.runtime.log.reason()}`)
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
  return new AppError('UnsupportedModel', `${what} Choose an adapter that was made for this model.`, { path })
}
