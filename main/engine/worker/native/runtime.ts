import { availableParallelism } from 'node:os'
import koffi from 'koffi'
import { AppError } from '#contract'
import type { SkippedVariant } from '../../protocol.ts'
import type { DeviceInfo } from '../../types.ts'
import { bestDevice, listDevices } from './devices.ts'
import type { Pointer } from './ffi.ts'
import { bindGgml } from './ggml.ts'
import type { Ggml } from './ggml.ts'
import { CPU_ONLY, loadLibraries } from './libraries.ts'
import type { Libraries, LibraryChoice } from './libraries.ts'
import { bindLlama } from './llama.ts'
import type { Llama } from './llama.ts'
import { NativeLog } from './log.ts'
import { returnFreedMemory } from './memoryAllocator.ts'
import { checkLayout } from './structs.ts'
import { ThreadPool } from './threadPool.ts'
import { variantLabel } from './variants.ts'

const CPU_DEVICE = 0
/** Weights that keep one thread busy, in bytes: with less, threads wait for one another longer than they compute. */
const BYTES_PER_THREAD = 32 << 20

/** A flag that native code looks at between the nodes of a graph; when it is set, computing ends early. */
export class AbortFlag {
  private readonly ggml: Ggml
  /** For `ggml_abort_callback`: a function of ggml that reads one bool, and the object it reads it from. */
  readonly callback: Pointer
  readonly data: Pointer

  constructor(ggml: Ggml, callback: Pointer) {
    this.ggml = ggml
    this.callback = callback
    this.data = ggml.init({ mem_size: 256, mem_buffer: null, no_alloc: false })
  }

  set(value: boolean): void {
    this.ggml.setNoAlloc(this.data, value)
  }
}

/** The GPU that computes: its device, and its backend for graphs of our own. */
export interface Gpu {
  readonly name: string
  readonly device: Pointer
  readonly backend: Pointer
}

/** The variant whose libraries were loaded finds no device, and there is another one to try in a new process. */
export class UnusableVariant extends Error {
  readonly skipped: SkippedVariant

  constructor(skipped: SkippedVariant) {
    super(skipped.reason)
    this.name = 'UnusableVariant'
    this.skipped = skipped
  }
}

/** Everything native of one engine process: bound functions, the CPU backend, the log and the abort flag. */
export interface Runtime {
  readonly ggml: Ggml
  readonly llama: Llama
  /** llama.cpp's release, e.g. "v0.4.0". */
  readonly release: string
  readonly cpu: Pointer
  readonly gpu: Gpu | null
  /** What computes, e.g. "CPU (zen4)" or "CUDA (NVIDIA GeForce RTX 4070)". */
  readonly backendName: string
  /** Why `gpu` is null. */
  readonly noGpuReason: string | null
  /** The devices with their memory as it is now. */
  devices(): DeviceInfo[]
  /** Threads that compute a graph. */
  readonly threads: number
  readonly log: NativeLog
  readonly abort: AbortFlag
  /** For `llama_attach_threadpool`; null: one thread, or none to be had. */
  readonly threadPool: Pointer
  /** Chooses the threads for a model of so many bytes, before its contexts are made and after those of another are freed. */
  fitThreads(bytes: number): void
  /** Runs `work` while the CPU backend computes on so many threads. */
  withThreads(count: number, work: () => Promise<void>): Promise<void>
}

/**
 * Loads llama.cpp's libraries and the backends that fit this computer. Once per process.
 * @throws AppError EngineIncompatible when libraries are missing or of an unknown release; UnusableVariant.
 */
export function createRuntime(choice: LibraryChoice = CPU_ONLY, log = new NativeLog()): Runtime {
  const libraries = loadLibraries(choice)
  returnFreedMemory()
  const ggml = bindGgml(libraries)
  const llama = bindLlama(libraries)
  checkLayout(libraries.release, llama.modelDefaultParams(), llama.contextDefaultParams())
  const onLog = koffi.register(
    (level: number, text: string) => log.add(level, text),
    koffi.pointer(koffi.proto('void(int level, const char *text, void *user)')),
  )
  ggml.logSet(onLog, null)
  llama.logSet(onLog, null)
  ggml.loadBackends(libraries.folder)
  if (libraries.gpu?.plugin) ggml.loadBackend(libraries.gpu.plugin)
  const { gpu, description, reasons } = openGpu(ggml, libraries)
  llama.backendInit()
  const cpu = ggml.backendInitByType(CPU_DEVICE, null)
  if (!cpu) throw new AppError('EngineIncompatible', `No llama.cpp backend works on this computer. ${log.reason()}`)
  const device = ggml.backendDevice(cpu)
  const proc = (name: string) => ggml.regProcAddress(ggml.deviceReg(device), name)
  // `ggml_get_no_alloc` reads one bool of the object it is given: a callback that needs no JavaScript on the compute threads
  const abort = new AbortFlag(ggml, libraries.ggmlBase.symbol('ggml_get_no_alloc') as bigint)
  koffi.call(
    proc('ggml_backend_cpu_set_abort_callback') ?? proc('ggml_backend_set_abort_callback'),
    koffi.proto('void(void *backend, void *callback, void *data)'),
    cpu,
    abort.callback,
    abort.data,
  )
  const variant = /ggml-cpu-([\w-]+)\./.exec(log.text())?.[1]
  const setThreads = proc('ggml_backend_set_n_threads')
  const setThreadsType = koffi.proto('void(void *backend, int threads)')
  const useThreads = (count: number) => void koffi.call(setThreads, setThreadsType, cpu, count)
  const threadPool = new ThreadPool(libraries, proc, cpu)
  let threads = 0
  const runtime: Runtime = {
    ggml,
    llama,
    release: libraries.release,
    cpu,
    gpu,
    backendName: gpu ? description : variant ? `CPU (${variant})` : 'CPU',
    noGpuReason: gpu ? null : reasons.join('; '),
    devices: () => listDevices(ggml).map(({ info }) => info),
    get threads() {
      return threads
    },
    log,
    abort,
    get threadPool() {
      return threadPool.pool
    },
    fitThreads: (bytes) => {
      const count = Math.max(1, Math.min(availableParallelism(), Math.floor(bytes / BYTES_PER_THREAD)))
      if (count === threads) return
      threads = count
      useThreads(threads)
      threadPool.resize(threads)
    },
    withThreads: async (count, work) => {
      useThreads(count)
      await work().finally(() => useThreads(threads))
    },
  }
  runtime.fitThreads(Number.MAX_SAFE_INTEGER)
  return runtime
}

/** The backend of the best GPU. Without one the libraries compute on the CPU, unless another variant is left to try. */
function openGpu(
  ggml: Ggml,
  { gpu, reasons, others }: Libraries,
): { gpu: Gpu | null; description: string; reasons: readonly string[] } {
  if (!gpu) return { gpu: null, description: '', reasons }
  const label = variantLabel(gpu.variant)
  const device = bestDevice(listDevices(ggml))
  const backend = device && ggml.deviceInit(device.handle, null)
  if (device && backend)
    return {
      gpu: { name: device.info.name, device: device.handle, backend },
      description: `${label} (${device.info.description})`,
      reasons: [],
    }
  const reason = device ? `${device.info.description} could not be started` : 'it finds no graphics device'
  if (others.length > 0) throw new UnusableVariant({ variant: gpu.variant, reason })
  return { gpu: null, description: '', reasons: [...reasons, `${label}: ${reason}`] }
}
