import koffi from 'koffi'
import type { Pointer } from './ffi.ts'
import { GgmlType } from './ggml.ts'
import type { Runtime } from './runtime.ts'

const RUNS = 3

/** A matrix of `outputs` rows of `inputs` numbers, and `columns` vectors that it is multiplied with. */
export interface ProductSize {
  readonly inputs: number
  readonly outputs: number
  readonly columns: number
}

/** How a matrix lies in memory: its type, and the buffer type that gives it a layout of its own; null: the backend's default one. */
export interface MatrixKind {
  readonly type: number
  readonly bufferType: Pointer
}

/** The best of three times after a first one: of the clock, and of this process on all processors, in ms. */
export interface WorkTime {
  readonly ms: number
  readonly processorMs: number
}

/** How long something takes. */
export async function timed(work: () => Promise<unknown>): Promise<WorkTime> {
  let [ms, processorMs] = [Infinity, Infinity]
  for (let run = 0; run <= RUNS; run++) {
    const [started, before] = [performance.now(), process.cpuUsage()]
    await work()
    const { user, system } = process.cpuUsage(before)
    if (run === 0) continue
    ms = Math.min(ms, performance.now() - started)
    processorMs = Math.min(processorMs, (user + system) / 1000)
  }
  return { ms, processorMs }
}

/** Buffer types beside the default one in which the CPU backend keeps weights in a layout of its own, as llama.cpp tries them. */
export function extraBufferTypes({ ggml, cpu }: Pick<Runtime, 'ggml' | 'cpu'>): Pointer[] {
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

/**
 * Times one product with a matrix of zeros on the CPU backend `cpu`, and tells the bytes of the matrix; null when it does not
 * compute with a matrix of that kind, or there is no memory for it.
 */
export async function timeProduct(
  { ggml, cpu }: Pick<Runtime, 'ggml' | 'cpu'>,
  { inputs, outputs, columns }: ProductSize,
  { type, bufferType }: MatrixKind,
): Promise<(WorkTime & { readonly bytes: number }) | null> {
  const weights = ggml.init({ mem_size: 1 << 16, mem_buffer: null, no_alloc: true })
  const context = ggml.init({ mem_size: 1 << 18, mem_buffer: null, no_alloc: true })
  const allocator = ggml.gallocrNew(ggml.defaultBufferType(cpu))
  const matrix = ggml.newTensor2d(weights, type, inputs, outputs)
  const buffer = bufferType ? ggml.allocCtxTensorsFrom(weights, bufferType) : ggml.allocCtxTensors(weights, cpu)
  try {
    const x = ggml.newTensor2d(context, GgmlType.F32, inputs, columns)
    ggml.setInput(x)
    const product = ggml.mulMat(context, matrix, x)
    if (!buffer || !ggml.deviceSupportsOp(ggml.backendDevice(cpu), product)) return null
    const bytes = ggml.nbytes(matrix)
    // at once: a layout of its own is made of the whole matrix
    ggml.tensorSet(matrix, new Uint8Array(bytes), 0, bytes)
    const graph = ggml.newGraph(context, 16, false)
    ggml.buildForwardExpand(graph, product)
    if (!(await ggml.gallocrAllocGraph(allocator, graph))) return null
    const values = new Float32Array(inputs * columns).fill(0.5)
    ggml.tensorSet(x, values, 0, values.byteLength)
    return { bytes, ...(await timed(() => ggml.graphCompute(cpu, graph))) }
  } finally {
    ggml.gallocrFree(allocator)
    if (buffer) ggml.bufferFree(buffer)
    ggml.free(context)
    ggml.free(weights)
  }
}
