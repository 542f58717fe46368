import { availableParallelism } from 'node:os'
import koffi from 'koffi'
import type { ProcessorSpeed } from '../../protocol.ts'
import { GgmlType } from './ggml.ts'
import { extraBufferTypes, timeProduct } from './products.ts'
import type { ProductSize } from './products.ts'
import type { Runtime } from './runtime.ts'

/** A matrix as of a language model, larger than most caches: 144 MiB in Q4_K. */
const ONE = { inputs: 8192, outputs: 32_768, columns: 1 }
/** A part of one, and as many vectors as a prompt has at once. */
const MANY = { inputs: 8192, outputs: 2048, columns: 512 }
const CPU_DEVICE = 0

/**
 * How fast the CPU multiplies with matrices as of a language model: bytes of weights with one vector, which limit an answer's
 * tokens per second, and additions and multiplications with many, which limit how soon a prompt is read. The best of three
 * products with a matrix of zeros each, in the layout in which llama.cpp keeps such a matrix here: the first that computes
 * with it. 0 when there is no memory for it.
 */
export async function cpuSpeed({ ggml }: Runtime): Promise<Omit<ProcessorSpeed, 'towers'>> {
  // a backend of its own: that of the loaded model may compute with fewer threads
  const cpu = ggml.backendInitByType(CPU_DEVICE, null)
  const setThreads = ggml.regProcAddress(ggml.deviceReg(ggml.backendDevice(cpu)), 'ggml_backend_set_n_threads')
  const useThreads = (count: number) =>
    void koffi.call(setThreads, koffi.proto('void(void *backend, int threads)'), cpu, count)
  const threads = availableParallelism()
  const time = async (size: ProductSize) => {
    for (const bufferType of [...extraBufferTypes({ ggml, cpu }), null]) {
      const found = await timeProduct({ ggml, cpu }, size, { type: GgmlType.Q4_K, bufferType })
      if (found) return found
    }
    return null
  }
  try {
    useThreads(threads)
    const one = await time(ONE)
    // memory does not limit these, and one thread does not wait for others when the computer is busy
    useThreads(1)
    const many = await time(MANY)
    return {
      cpuBytesPerSecond: one ? (one.bytes * 1000) / one.ms : 0,
      cpuFlops: many ? (2 * MANY.inputs * MANY.outputs * MANY.columns * threads * 1000) / many.processorMs : 0,
    }
  } finally {
    ggml.backendFree(cpu)
  }
}
