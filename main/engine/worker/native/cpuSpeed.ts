import { availableParallelism } from 'node:os'
import koffi from 'koffi'
import type { Probed } from '../../protocol.ts'
import type { Pointer } from './ffi.ts'
import { GgmlType } from './ggml.ts'
import type { Runtime } from './runtime.ts'

/** A matrix as of a language model, larger than most caches: 144 MiB in Q4_K. */
const PROBE = { inputs: 8192, outputs: 32_768, runs: 3 }
const CHUNK_BYTES = 16 << 20
const CPU_DEVICE = 0

/** The devices as they are now, and how fast the CPU multiplies, measured unless it is `known`. */
export async function probe(runtime: Runtime, known: number | null): Promise<Probed> {
  const cpuBytesPerSecond = known ?? (await cpuSpeed(runtime))
  return { devices: runtime.devices(), cpuBytesPerSecond }
}

/**
 * Bytes of weights per second that the CPU multiplies with one vector, all threads at work: what limits an answer's
 * tokens per second. The best of three products with a matrix of zeros; 0 when there is no memory for it.
 */
async function cpuSpeed({ ggml }: Runtime): Promise<number> {
  const { inputs, outputs, runs } = PROBE
  // a backend of its own: that of the loaded model may compute with fewer threads
  const cpu = ggml.backendInitByType(CPU_DEVICE, null)
  const setThreads = ggml.regProcAddress(ggml.deviceReg(ggml.backendDevice(cpu)), 'ggml_backend_set_n_threads')
  koffi.call(setThreads, koffi.proto('void(void *backend, int threads)'), cpu, availableParallelism())
  const weights = ggml.init({ mem_size: 1 << 16, mem_buffer: null, no_alloc: true })
  const context = ggml.init({ mem_size: 1 << 18, mem_buffer: null, no_alloc: true })
  const allocator = ggml.gallocrNew(ggml.defaultBufferType(cpu))
  const matrix = ggml.newTensor2d(weights, GgmlType.Q4_K, inputs, outputs)
  const buffer = ggml.allocCtxTensors(weights, cpu)
  try {
    if (!buffer) return 0
    const bytes = fillWithZeros(ggml, matrix)
    const x = ggml.newTensor2d(context, GgmlType.F32, inputs, 1)
    ggml.setInput(x)
    const graph = ggml.newGraph(context, 16, false)
    ggml.buildForwardExpand(graph, ggml.mulMat(context, matrix, x))
    if (!(await ggml.gallocrAllocGraph(allocator, graph))) return 0
    const values = new Float32Array(inputs).fill(0.5)
    ggml.tensorSet(x, values, 0, values.byteLength)
    let best = Infinity
    for (let run = 0; run <= runs; run++) {
      const started = performance.now()
      await ggml.graphCompute(cpu, graph)
      if (run > 0) best = Math.min(best, performance.now() - started)
    }
    return (bytes * 1000) / best
  } finally {
    ggml.gallocrFree(allocator)
    if (buffer) ggml.bufferFree(buffer)
    ggml.free(context)
    ggml.free(weights)
    ggml.backendFree(cpu)
  }
}

/** Returns the tensor's size in bytes. */
function fillWithZeros(ggml: Runtime['ggml'], tensor: Pointer): number {
  const bytes = ggml.nbytes(tensor)
  const zeros = new Uint8Array(CHUNK_BYTES)
  for (let at = 0; at < bytes; at += CHUNK_BYTES) ggml.tensorSet(tensor, zeros, at, Math.min(CHUNK_BYTES, bytes - at))
  return bytes
}
