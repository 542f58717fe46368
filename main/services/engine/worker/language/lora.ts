import { AppError } from '#contract'
import { readHeader } from '../../gguf/index.ts'
import type { LoraAdapter } from '../../types.ts'
import type { Pointer } from '../native/ffi.ts'
import type { Runtime } from '../native/runtime.ts'
import type { LanguageModel } from './languageModel.ts'

/** The LoRA adapters of a loaded model: read once, applied to a context as each request wishes. */
export class Loras {
  private readonly runtime: Runtime
  private readonly model: LanguageModel
  private readonly loaded = new Map<string, Pointer>()

  constructor(runtime: Runtime, model: LanguageModel) {
    this.runtime = runtime
    this.model = model
  }

  /**
   * Applies exactly `adapters` to `context`.
   * @throws AppError ModelNotFound, ModelDamaged, UnsupportedModel.
   */
  async apply(context: Pointer, adapters: readonly LoraAdapter[]): Promise<void> {
    const handles: Pointer[] = []
    for (const { path } of adapters) handles.push(this.loaded.get(path) ?? (await this.load(path)))
    const status = this.runtime.llama.setLoras(context, BigUint64Array.from(handles, (handle) => BigInt(handle ?? 0)), handles.length, Float32Array.from(adapters, (adapter) => adapter.scale))
    if (status !== 0) throw new AppError('EngineFailed', `The LoRA adapters could not be applied: ${this.runtime.log.reason()}`)
  }

  private async load(path: string): Promise<Pointer> {
    const header = await readHeader(path)
    const value = (key: string) => {
      const entry = header.metadata.get(key)
      return entry?.kind === 'scalar' ? entry.value : undefined
    }
    if (value('general.type') !== 'adapter' || value('general.architecture') !== this.model.facts.architecture)
      throw new AppError('UnsupportedModel', `${path} is not a LoRA adapter for this model. Choose an adapter made for ${this.model.facts.architecture}.`)
    this.runtime.log.clear()
    const handle = await this.runtime.llama.loraInit(this.model.handle, path)
    if (!handle) throw new AppError('ModelDamaged', `The LoRA adapter ${path} does not fit this model: ${this.runtime.log.reason()}`)
    this.loaded.set(path, handle)
    return handle
  }
}
