import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { AppError } from '#contract'
import { POSITIONS } from '../../gguf/checkProjector.ts'
import type { ProjectorFacts } from '../../gguf/checkProjector.ts'
import { LEAST_REWRITTEN_BYTES } from '../../memory/memoryModel.ts'
import type { Pointer } from '../native/ffi.ts'
import { GgmlType } from '../native/ggml.ts'
import type { Ggml } from '../native/ggml.ts'
import { extraBufferTypes, timeProduct, timed } from '../native/products.ts'
import type { MatrixKind } from '../native/products.ts'
import type { Gpu, Runtime } from '../native/runtime.ts'

/** How the matrices of a tower are kept. */
export interface WeightKind extends MatrixKind {
  readonly name: string
}

/** A matrix of a 2B tower's attention, and a quarter of a small picture's patches. */
export const PROBE = { inputs: 1280, outputs: 1280, columns: 192 }
/** As many patches that look at all of a larger picture, by two heads of a 2B tower. */
export const ATTENTION_PROBE = { queries: 192, keys: 2048, heads: 2, headLength: 80 }
/** Another type has to be faster by so much to be worth its rounding. */
export const WORTH = 0.8

export const PLAIN: WeightKind = { type: GgmlType.F16, bufferType: null, name: 'f16' }

/**
 * The fastest way for this CPU to multiply with half-precision matrices, tried on a small one: f16 as it is, bf16
 * (AVX512-BF16), q8_0, and q8_0 in the CPU backend's own layouts (AMX). All keep the embeddings' cosine above 0.999, so
 * nothing that is kept may depend on the choice: where two are about as fast, each process may choose the other one.
 */
export async function fastestKind(runtime: Runtime): Promise<{ kind: WeightKind; ms: number }> {
  const candidates: WeightKind[] = [
    PLAIN,
    { type: GgmlType.BF16, bufferType: null, name: 'bf16' },
    { type: GgmlType.Q8_0, bufferType: null, name: 'q8_0' },
    ...extraBufferTypes(runtime).map((bufferType) => ({
      type: GgmlType.Q8_0,
      bufferType,
      name: `q8_0 in ${runtime.ggml.bufferTypeName(bufferType)}`,
    })),
  ]
  let best = PLAIN
  let bestTime = Infinity
  // one thread and its processor time: the less it matters how busy the computer is right now
  await runtime.withThreads(1, async () => {
    for (const kind of candidates) {
      const spent = await time(runtime, kind)
      if (spent === null || spent >= bestTime * (kind === PLAIN ? 1 : WORTH)) continue
      best = kind
      bestTime = spent
    }
  })
  return { kind: best, ms: bestTime }
}

/** Processor time in ms of the same product in single precision. */
export async function plainMs(runtime: Runtime): Promise<number> {
  let ms = Infinity
  await runtime.withThreads(1, async () => {
    ms = (await time(runtime, { ...PLAIN, type: GgmlType.F32 })) ?? Infinity
  })
  return ms
}

/** Processor time in ms of `ATTENTION_PROBE`. */
export async function attentionMs(runtime: Runtime): Promise<number> {
  let ms = Infinity
  await runtime.withThreads(1, async () => {
    ms = await timeAttention(runtime)
  })
  return ms
}

async function timeAttention({ ggml, cpu }: Runtime): Promise<number> {
  const { queries, keys, heads, headLength } = ATTENTION_PROBE
  const context = ggml.init({ mem_size: 1 << 18, mem_buffer: null, no_alloc: true })
  const allocator = ggml.gallocrNew(ggml.defaultBufferType(cpu))
  try {
    const inputs = [queries, keys, keys].map((rows) => {
      const input = ggml.newTensor2d(context, GgmlType.F32, headLength, rows * heads)
      ggml.setInput(input)
      return { input, rows, byHead: ggml.reshape4d(context, input, headLength, rows, heads, 1) }
    })
    const [q, k, v] = inputs.map(({ byHead }) => byHead) as [Pointer, Pointer, Pointer]
    const graph = ggml.newGraph(context, 16, false)
    ggml.buildForwardExpand(graph, ggml.flashAttnExt(context, q, k, v, null, 1 / Math.sqrt(headLength), 0, 0))
    if (!(await ggml.gallocrAllocGraph(allocator, graph))) return Infinity
    for (const { input, rows } of inputs) {
      const values = new Float32Array(headLength * rows * heads).fill(0.5)
      ggml.tensorSet(input, values, 0, values.byteLength)
    }
    return (await timed(() => ggml.graphCompute(cpu, graph))).processorMs
  } finally {
    ggml.gallocrFree(allocator)
    ggml.free(context)
  }
}

/** Processor time of one product with a matrix of that kind, in ms; null when this CPU does not compute with it. */
const time = async (runtime: Runtime, kind: WeightKind): Promise<number | null> =>
  (await timeProduct(runtime, PROBE, kind))?.processorMs ?? null

const CHUNK_BYTES = 16 << 20
/** Numbers of a row must fill whole blocks of the quantized types. */
const BLOCK = 32
const TENSOR_OVERHEAD_BYTES = 512

/** `fast`: half-precision matrices become what this CPU multiplies fastest; `plain`: all stays as it is in the file; `full`: f32. */
export type Precision = 'fast' | 'plain' | 'full'

interface Tensor {
  readonly name: string
  readonly dims: readonly number[]
  readonly fileType: number
  /** Type in memory. */
  readonly type: number
  readonly isSpecial: boolean
  readonly start: number
  readonly bytes: number
}

/** The weights of a vision tower and its merger in memory, until it is disposed of. */
export class Projector implements Disposable {
  readonly facts: ProjectorFacts
  /** What the matrices are multiplied as, e.g. "bf16". */
  readonly kind: string
  /** The GPU in whose memory the weights are, and which then computes the graph; null: the CPU. */
  readonly gpu: Gpu | null
  private readonly runtime: Runtime
  private readonly weights: ReadonlyMap<string, Pointer>
  private readonly contexts: readonly Pointer[]
  private readonly buffers: readonly Pointer[]

  private constructor(
    runtime: Runtime,
    facts: ProjectorFacts,
    gpu: Gpu | null,
    kind: string,
    weights: ReadonlyMap<string, Pointer>,
    contexts: readonly Pointer[],
    buffers: readonly Pointer[],
  ) {
    this.runtime = runtime
    this.facts = facts
    this.gpu = gpu
    this.kind = kind
    this.weights = weights
    this.contexts = contexts
    this.buffers = buffers
  }

  /**
   * Reads the weights of a projector file. `onProgress` gets the share read, 0..1. `gpu`: into its memory.
   * @throws AppError ModelDamaged, OutOfMemory; the signal's reason when aborted.
   */
  static async load(
    runtime: Runtime,
    path: string,
    facts: ProjectorFacts,
    onProgress: (share: number) => void,
    signal: AbortSignal,
    precision: Precision = 'fast',
    gpu: Gpu | null = null,
  ): Promise<Projector> {
    const { ggml } = runtime
    const kind =
      precision === 'full'
        ? { ...PLAIN, type: GgmlType.F32, name: 'f32' }
        : precision === 'fast' && !gpu && facts.bytes >= LEAST_REWRITTEN_BYTES
          ? (await fastestKind(runtime)).kind
          : PLAIN
    const tensors = planTensors(facts, kind, precision)
    const contexts: Pointer[] = []
    const buffers: Pointer[] = []
    const weights = new Map<string, Pointer>()
    const file = await open(path)
    try {
      for (const special of [false, true]) {
        const own = tensors.filter((tensor) => tensor.isSpecial === special)
        if (own.length === 0) continue
        const context = ggml.init({ mem_size: own.length * TENSOR_OVERHEAD_BYTES, mem_buffer: null, no_alloc: true })
        contexts.push(context)
        for (const { name, dims, type } of own)
          weights.set(name, ggml.newTensor(context, type, dims.length, BigInt64Array.from(dims, BigInt)))
        const buffer = special
          ? ggml.allocCtxTensorsFrom(context, kind.bufferType)
          : ggml.allocCtxTensors(context, gpu?.backend ?? runtime.cpu)
        if (!buffer)
          throw new AppError(
            'OutOfMemory',
            'There is not enough memory for the projector. Close other programs or choose a smaller model.',
          )
        buffers.push(buffer)
      }
      let read = 0
      for (const tensor of tensors) {
        await fill(runtime, file, tensor, weights.get(tensor.name)!, signal)
        onProgress((read += tensor.bytes) / facts.bytes)
      }
      return new Projector(runtime, facts, gpu, kind.name, weights, contexts, buffers)
    } catch (error) {
      release(runtime, contexts, buffers)
      throw error
    } finally {
      await file.close()
    }
  }

  /** A weight by name; null when the file has none of that name. */
  weight(name: string): Pointer {
    return this.weights.get(name) ?? null
  }

  [Symbol.dispose](): void {
    release(this.runtime, this.contexts, this.buffers)
  }
}

/** The type and place in memory of every tensor of the tower. */
function planTensors(facts: ProjectorFacts, kind: WeightKind, precision: Precision): Tensor[] {
  return [...facts.tensors.values()].map(({ name, dims, type, offset, bytes }) => {
    const isMatrix = dims.length === 2 && dims[0]! % BLOCK === 0
    const isHalf = type.id === GgmlType.F16 || type.id === GgmlType.BF16
    // the graph adds and multiplies with biases and norms in single precision only
    // rows of the table of positions are looked up, not multiplied with
    const becomesF32 = isHalf && (precision === 'full' || dims.length === 1 || name === POSITIONS)
    const becomesKind = type.id === GgmlType.F16 && isMatrix && kind !== PLAIN && !becomesF32
    return {
      name,
      dims,
      fileType: type.id,
      type: becomesF32 ? GgmlType.F32 : becomesKind ? kind.type : type.id,
      isSpecial: becomesKind && !becomesF32 && kind.bufferType !== null,
      start: facts.dataOffset + offset,
      bytes,
    }
  })
}

/** Reads one tensor, a piece at a time where its memory is laid out as in the file. */
async function fill(
  runtime: Runtime,
  file: FileHandle,
  tensor: Tensor,
  target: Pointer,
  signal: AbortSignal,
): Promise<void> {
  const { ggml } = runtime
  const converts = tensor.type !== tensor.fileType
  const pieceBytes = converts ? tensor.bytes : CHUNK_BYTES
  for (let at = 0; at < tensor.bytes; at += pieceBytes) {
    signal.throwIfAborted()
    const piece = new Uint8Array(Math.min(pieceBytes, tensor.bytes - at))
    const { bytesRead } = await file.read(piece, 0, piece.length, tensor.start + at)
    if (bytesRead !== piece.length)
      throw new AppError('ModelDamaged', 'The projector file ended early. Download it again.')
    const data = converts ? await convertRows(ggml, piece, tensor.dims[0]!, tensor.fileType, tensor.type) : piece
    ggml.tensorSet(target, data, at, data.byteLength)
  }
}

function release({ ggml }: Runtime, contexts: readonly Pointer[], buffers: readonly Pointer[]): void {
  for (const buffer of buffers) ggml.bufferFree(buffer)
  for (const context of contexts) ggml.free(context)
}

/** Rows of half precision (F16 or BF16, `from`) as rows of another type: F32, BF16 or Q8_0. `rowLength` numbers each. */
async function convertRows(
  ggml: Ggml,
  half: Uint8Array,
  rowLength: number,
  from: number,
  type: number,
): Promise<Uint8Array> {
  const count = half.byteLength / 2
  const floats = from === GgmlType.BF16 ? brainFloats(half) : new Float32Array(count)
  if (from === GgmlType.F16) await ggml.f16ToF32(half, floats, count)
  const out = new Uint8Array(ggml.rowSize(type, rowLength) * (count / rowLength))
  if (type === GgmlType.BF16) await ggml.f32ToBf16(floats, out, count)
  else if (type === GgmlType.F32) out.set(new Uint8Array(floats.buffer))
  else await ggml.quantizeChunk(type, floats, out, 0, count / rowLength, rowLength, null)
  return out
}

/** A BF16 number is the upper half of an F32. */
function brainFloats(half: Uint8Array): Float32Array<ArrayBuffer> {
  const view = new DataView(half.buffer, half.byteOffset, half.byteLength)
  const bits = Uint32Array.from({ length: half.byteLength / 2 }, (_, i) => view.getUint16(i * 2, true) << 16)
  return new Float32Array(bits.buffer)
}
