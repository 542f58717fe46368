import { availableParallelism } from 'node:os'
import koffi from 'koffi'
import type { ProcessorSpeed } from '../../protocol.ts'
import type { Pointer } from './ffi.ts'
import { GgmlType } from './ggml.ts'
import type { Runtime } from './runtime.ts'

/** A matrix as of a language model, larger than most caches: 144 MiB in Q4_K. */
const ONE = { inputs: 8192, outputs: 32_768, columns: 1 }
/** A part of one, and as many vectors as a prompt has at once. */
const MANY = { inputs: 8192, outputs: 2048, columns: 128 }
const RUNS = 3
const CHUNK_BYTES = 16 << 20
const CPU_DEVICE = 0

type Product = typeof ONE
/**
 * How fast the CPU multiplies with matrices as of a language model: bytes of weights with one vector, which limit an answer's
 * tokens per second, and additions and multiplications with many, which limit how soon a prompt is read. The best of three
 * products with a matrix of zeros each; 0 when there is no memory for it.
 */
export async function cpuSpeed({ ggml }: Runtime): Promise<Omit<ProcessorSpeed, 'towers'>> {
  // a backend of its own: that of the loaded model may compute with fewer threads
  const cpu = ggml.backendInitByType(CPU_DEVICE, null)
  const setThreads = ggml.regProcAddress(ggml.deviceReg(ggml.backendDevice(cpu)), 'ggml_backend_set_n_threads')
  const useThreads = (count: number) =>
    void koffi.call(setThreads, koffi.proto('void(void *backend, int threads)'), cpu, count)
  const threads = availableParallelism()
  try {
    useThreads(threads)
    const one = await time(ggml, cpu, ONE)
    // memory does not limit these, and one thread does not wait for others when the computer is busy
    useThreads(1)
    const many = await time(ggml, cpu, MANY)
    return {
      cpuBytesPerSecond: one ? (one.bytes * 1000) / one.ms : 0,
      cpuFlops: many ? (2 * MANY.inputs * MANY.outputs * MANY.columns * threads * 1000) / many.cpuMs : 0,
    }
  } finally {
    ggml.backendFree(cpu)
  }
}

/** The best time of a product and its best processor time, and the bytes of its matrix; null: there is no memory for it. */
async function time(
  ggml: Runtime['ggml'],
  cpu: Pointer,
  { inputs, outputs, columns }: Product,
): Promise<{ bytes: number; ms: number; cpuMs: number } | null> {
  const weights = ggml.init({ mem_size: 1 << 16, mem_buffer: null, no_alloc: true })
  const context = ggml.init({ mem_size: 1 << 18, mem_buffer: null, no_alloc: true })
  const allocator = ggml.gallocrNew(ggml.defaultBufferType(cpu))
  const matrix = ggml.newTensor2d(weights, GgmlType.Q4_K, inputs, outputs)
  const buffer = ggml.allocCtxTensors(weights, cpu)
  try {
    if (!buffer) return null
    const bytes = fillWithZeros(ggml, matrix)
    const x = ggml.newTensor2d(context, GgmlType.F32, inputs, columns)
    ggml.setInput(x)
    const graph = ggml.newGraph(context, 16, false)
    ggml.buildForwardExpand(graph, ggml.mulMat(context, matrix, x))
    if (!(await ggml.gallocrAllocGraph(allocator, graph))) return null
    const values = new Float32Array(inputs * columns).fill(0.5)
    ggml.tensorSet(x, values, 0, values.byteLength)
    let [ms, cpuMs] = [Infinity, Infinity]
    for (let run = 0; run <= RUNS; run++) {
      const [started, before] = [performance.now(), process.cpuUsage()]
      await ggml.graphCompute(cpu, graph)
      const { user, system } = process.cpuUsage(before)
      if (run === 0) continue
      ms = Math.min(ms, performance.now() - started)
      cpuMs = Math.min(cpuMs, (user + system) / 1000)
    }
    return { bytes, ms, cpuMs }
  } finally {
    ggml.gallocrFree(allocator)
    if (buffer) ggml.bufferFree(buffer)
    ggml.free(context)
    ggml.free(weights)
  }
}

/** Returns the tensor's size in bytes. */
function fillWithZeros(ggml: Runtime['ggml'], tensor: Pointer): number {
  const bytes = ggml.nbytes(tensor)
  const zeros = new Uint8Array(CHUNK_BYTES)
  for (let at = 0; at < bytes; at += CHUNK_BYTES) ggml.tensorSet(tensor, zeros, at, Math.min(CHUNK_BYTES, bytes - at))
  return bytes
}
