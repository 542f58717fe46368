import type { ProjectorFacts } from '../../gguf/checkProjector.ts'
import type { Gpu } from '../native/runtime.ts'
import type { Frame } from './patches.ts'

/** A vision tower with its weights, until it is disposed of. */
export interface Tower extends Disposable {
  readonly facts: ProjectorFacts
  /** What computes it and with which numbers, e.g. "ONNX Runtime 1.30.0, 8 bits" or "llama.cpp, bf16". */
  readonly how: string
  /** The GPU that computes it; null: the CPU. */
  readonly gpu: Gpu | null
  /**
   * Embeddings of one temporal slice, [tokens, rowLength] in row-major token order. A still picture is one frame, a slice
   * of a video two of one size. `onProgress` gets the share that is done, 0..1.
   * @throws AppError OutOfMemory, EngineFailed, UnsupportedModel; the signal's reason when aborted.
   */
  encode(
    frames: readonly [Frame] | readonly [Frame, Frame],
    signal: AbortSignal,
    onProgress?: (share: number) => void,
  ): Promise<Float32Array>
}
