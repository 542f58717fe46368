import { open } from 'node:fs/promises'
import koffi from 'koffi'
import { AppError } from '#contract'
import type { ProjectorFacts } from '../../gguf/index.ts'
import type { Pointer } from '../native/ffi.ts'
import { GgmlType } from '../native/ggml.ts'
import type { Runtime } from '../native/runtime.ts'

const CHUNK_BYTES = 16 << 20

/** The weights of a vision tower and its merger in memory. */
export class Projector {
  readonly facts: ProjectorFacts
  /** Type of the keys and values in attention: full precision when the weights have it. */
  readonly attentionType: number
  private readonly runtime: Runtime
  private readonly context: Pointer
  private readonly buffer: Pointer

  private constructor(runtime: Runtime, facts: ProjectorFacts, context: Pointer, buffer: Pointer, attentionType: number) {
    this.runtime = runtime
    this.facts = facts
    this.context = context
    this.buffer = buffer
    this.attentionType = attentionType
  }

  /**
   * Reads the weights of a projector file whose header was checked. `onProgress` gets the share read, 0..1.
   * @throws AppError ModelDamaged, OutOfMemory; the signal's reason when aborted.
   */
  static async load(runtime: Runtime, path: string, facts: ProjectorFacts, onProgress: (share: number) => void, signal: AbortSignal): Promise<Projector> {
    const { ggml } = runtime
    const cell = koffi.alloc('void*', 1) as bigint
    const gguf = ggml.ggufInit(path, { no_alloc: true, ctx: cell })
    const context = gguf ? (koffi.decode(cell, 'void*') as Pointer) : null
    koffi.free(cell)
    if (!gguf) throw new AppError('ModelDamaged', `The projector ${path} could not be read: ${runtime.log.lastError()}. Download it again.`)
    const buffer = ggml.allocCtxTensors(context, runtime.cpu)
    const file = await open(path)
    try {
      if (!buffer) throw new AppError('OutOfMemory', 'There is not enough memory for the projector. Close other programs or choose a smaller model.')
      const dataOffset = ggml.ggufDataOffset(gguf)
      const count = ggml.ggufTensorCount(gguf)
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
      let read = 0
      let allF32 = true
      for (let i = 0; i < count; i++) {
        const tensor = ggml.getTensor(context, ggml.ggufTensorName(gguf, i))
        if (ggml.ggufTensorType(gguf, i) !== GgmlType.F32) allF32 = false
        const start = dataOffset + ggml.ggufTensorOffset(gguf, i)
        const bytes = ggml.nbytes(tensor)
        for (let at = 0; at < bytes; at += CHUNK_BYTES) {
          signal.throwIfAborted()
          const length = Math.min(CHUNK_BYTES, bytes - at)
          const { bytesRead } = await file.read(chunk, 0, length, start + at)
          if (bytesRead !== length) throw new AppError('ModelDamaged', `The projector ${path} ended early. Download it again.`)
          ggml.tensorSet(tensor, chunk, at, length)
          read += length
          onProgress(Math.min(1, read / facts.bytes))
        }
      }
      return new Projector(runtime, facts, context, buffer, allF32 ? GgmlType.F32 : GgmlType.F16)
    } catch (error) {
      ggml.bufferFree(buffer)
      ggml.free(context)
      throw error
    } finally {
      await file.close()
      ggml.ggufFree(gguf)
    }
  }

  /** A weight by name; null when the file has none of that name. */
  weight(name: string): Pointer {
    return this.runtime.ggml.getTensor(this.context, name)
  }

  free(): void {
    this.runtime.ggml.bufferFree(this.buffer)
    this.runtime.ggml.free(this.context)
  }
}
