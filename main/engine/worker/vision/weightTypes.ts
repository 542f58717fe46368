import koffi from 'koffi'
import type { Pointer } from '../native/ffi.ts'
import { GgmlType } from '../native/ggml.ts'
import type { Runtime } from '../native/runtime.ts'

/** How the matrices of a tower are kept: their number type, and the buffer type that computes with it (null: the default). */
export interface WeightKind {
  readonly type: number
  readonly bufferType: Pointer
  readonly name: string
}

/** A matrix of a 2B tower's attention, and a quarter of a small picture's patches. */
const PROBE = { inputs: 1280, outputs: 1280, columns: 192, runs: 3 }
/** Another type has to be faster by so much to be worth its rounding. */
const WORTH = 0.8

export const PLAIN: WeightKind = { type: GgmlType.F16, bufferType: null, name: 'f16' }

/**
 * The fastest way for this CPU to multiply with half-precision matrices, tried on a small one: f16 as it is, bf16
 * (AVX512-BF16), q8_0, and q8_0 in the CPU backend's own layouts (AMX). All keep the embeddings' cosine above 0.999.
 */
export async function fastestKind(runtime: Runtime): Promise<WeightKind> {
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
  // one thread and its processor time: how busy the computer is right now does not matter
  await runtime.withThreads(1, async () => {
    for (const kind of candidates) {
      const spent = await time(runtime, kind)
      if (spent === null || spent >= bestTime * (kind === PLAIN ? 1 : WORTH)) continue
      best = kind
      bestTime = spent
    }
  })
  return best
}

/** Buffer types beside the default one in which the CPU backend keeps weights in a layout of its own. */
function extraBufferTypes({ ggml, cpu }: Runtime): Pointer[] {
  const device = ggml.backendDevice(cpu)
  const getter = ggml.regProcAddress(ggml.deviceReg(device), 'ggml_backend_dev_get_extra_bufts')
  if (!getter) return []
  const list = koffi.call(getter, koffi.proto('void *(void *device)'), device) as Pointer
  const found: Pointer[] = []
  for (let i = 0; list; i++) {
    const bufferType = koffi.decode(list, i * 8, 'void*') as Pointer
    if (!bufferType) break
    found.push(bufferType)
  }
  return found
}

/** Processor time in ms of one product with a matrix of that kind; null when this CPU does not compute with it. */
async function time({ ggml, cpu }: Runtime, kind: WeightKind): Promise<number | null> {
  const { inputs, outputs, columns, runs } = PROBE
  const weights = ggml.init({ mem_size: 1 << 16, mem_buffer: null, no_alloc: true })
  const context = ggml.init({ mem_size: 1 << 18, mem_buffer: null, no_alloc: true })
  const allocator = ggml.gallocrNew(ggml.defaultBufferType(cpu))
  const matrix = ggml.newTensor2d(weights, kind.type, inputs, outputs)
  const buffer = kind.bufferType
    ? ggml.allocCtxTensorsFrom(weights, kind.bufferType)
    : ggml.allocCtxTensors(weights, cpu)
  try {
    const x = ggml.newTensor2d(context, GgmlType.F32, inputs, columns)
    ggml.setInput(x)
    const product = ggml.mulMat(context, matrix, x)
    if (!buffer || !ggml.deviceSupportsOp(ggml.backendDevice(cpu), product)) return null
    const zeros = new Uint8Array(ggml.nbytes(matrix))
    ggml.tensorSet(matrix, zeros, 0, zeros.byteLength)
    const graph = ggml.newGraph(context, 16, false)
    ggml.buildForwardExpand(graph, product)
    if (!(await ggml.gallocrAllocGraph(allocator, graph))) return null
    const values = new Float32Array(inputs * columns).fill(0.5)
    ggml.tensorSet(x, values, 0, values.byteLength)
    let best = Infinity
    for (let run = 0; run <= runs; run++) {
      const before = process.cpuUsage()
      await ggml.graphCompute(cpu, graph)
      const { user, system } = process.cpuUsage(before)
      if (run > 0) best = Math.min(best, (user + system) / 1000)
    }
    return best
  } finally {
    ggml.gallocrFree(allocator)
    if (buffer) ggml.bufferFree(buffer)
    ggml.free(context)
    ggml.free(weights)
  }
}
