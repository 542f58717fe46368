import { availableParallelism } from 'node:os'
import koffi from 'koffi'
import { AppError } from '#contract'
import type { Pointer } from './ffi.ts'
import { bindGgml } from './ggml.ts'
import type { Ggml } from './ggml.ts'
import { loadLibraries } from './libraries.ts'
import { bindLlama } from './llama.ts'
import type { Llama } from './llama.ts'
import { NativeLog } from './log.ts'
import { checkLayout } from './structs.ts'

const CPU_DEVICE = 0
/** Weights that keep one thread busy, in bytes: with less, threads wait for one another longer than they compute. */
const BYTES_PER_THREAD = 32 << 20

/** A flag that native code looks at between the nodes of a graph; when it is set, computing ends early. */
export class AbortFlag {
  private readonly ggml: Ggml
  /** For `ggml_abort_callback`: a function of ggml that reads one bool, and the object it reads it from. */
  readonly callback: Pointer
  readonly data: Pointer
  isSet = false

  constructor(ggml: Ggml, callback: Pointer) {
    this.ggml = ggml
    this.callback = callback
    this.data = ggml.init({ mem_size: 256, mem_buffer: null, no_alloc: false })
  }

  set(value: boolean): void {
    this.isSet = value
    this.ggml.setNoAlloc(this.data, value)
  }
}

/** Everything native of one engine process: bound functions, the CPU backend, the log and the abort flag. */
export interface Runtime {
  readonly ggml: Ggml
  readonly llama: Llama
  /** llama.cpp's release, e.g. "v0.4.0". */
  readonly release: string
  readonly cpu: Pointer
  readonly backendName: string
  /** Threads that compute a graph. */
  readonly threads: number
  readonly log: NativeLog
  readonly abort: AbortFlag
  /** Chooses the threads for a model of so many bytes; for contexts that are made later too. */
  fitThreads(bytes: number): void
  /** Runs `work` while the CPU backend computes on so many threads. */
  withThreads(count: number, work: () => Promise<void>): Promise<void>
}

/**
 * Loads llama.cpp's libraries and the CPU backend that fits this computer. Once per process.
 * @throws AppError EngineIncompatible when libraries are missing or of an unknown release.
 */
export function createRuntime(): Runtime {
  const libraries = loadLibraries()
  const ggml = bindGgml(libraries)
  const llama = bindLlama(libraries)
  checkLayout(libraries.release, llama.modelDefaultParams(), llama.contextDefaultParams())
  const log = new NativeLog()
  const onLog = koffi.register(
    (level: number, text: string) => log.add(level, text),
    koffi.pointer(koffi.proto('void(int level, const char *text, void *user)')),
  )
  ggml.logSet(onLog, null)
  llama.logSet(onLog, null)
  ggml.loadBackends(libraries.folder)
  llama.backendInit()
  const cpu = ggml.backendInitByType(CPU_DEVICE, null)
  if (!cpu) throw new AppError('EngineIncompatible', `No llama.cpp backend works on this computer. ${log.lastError()}`)
  const device = ggml.backendDevice(cpu)
  const proc = (name: string) => ggml.regProcAddress(ggml.deviceReg(device), name)
  // `ggml_get_no_alloc` reads one bool of the object it is given: a callback that needs no JavaScript on the compute threads
  const abort = new AbortFlag(ggml, libraries.ggmlBase.symbol('ggml_get_no_alloc') as bigint)
  koffi.call(proc('ggml_backend_cpu_set_abort_callback') ?? proc('ggml_backend_set_abort_callback'), koffi.proto('void(void *backend, void *callback, void *data)'), cpu, abort.callback, abort.data)
  const variant = /ggml-cpu-([\w-]+)\./.exec(log.text())?.[1]
  const setThreads = proc('ggml_backend_set_n_threads')
  const setThreadsType = koffi.proto('void(void *backend, int threads)')
  const useThreads = (count: number) => void koffi.call(setThreads, setThreadsType, cpu, count)
  let threads = 1
  const runtime: Runtime = {
    ggml,
    llama,
    release: libraries.release,
    cpu,
    backendName: variant ? `CPU (${variant})` : 'CPU',
    get threads() {
      return threads
    },
    log,
    abort,
    fitThreads: (bytes) => {
      threads = Math.max(1, Math.min(availableParallelism(), Math.floor(bytes / BYTES_PER_THREAD)))
      useThreads(threads)
    },
    withThreads: async (count, work) => {
      useThreads(count)
      await work().finally(() => useThreads(threads))
    },
  }
  runtime.fitThreads(Number.MAX_SAFE_INTEGER)
  return runtime
}
