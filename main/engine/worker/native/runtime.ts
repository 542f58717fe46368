import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { AppError } from '#contract'
import koffi from 'koffi'
import { bestGpu } from '../../memory/memoryModel.ts'
import type { SkippedVariant } from '../../protocol.ts'
import type { DeviceInfo } from '../../types.ts'
import type { Pointer } from './ffi.ts'
import { ThreadPool, bindGgml } from './ggml.ts'
import type { Ggml } from './ggml.ts'
import { CPU_ONLY, loadLibraries } from './libraries.ts'
import type { Libraries, LibraryChoice } from './libraries.ts'
import { bindLlama } from './llama.ts'
import type { Llama } from './llama.ts'
import { StepThreads } from './stepThreads.ts'
import { checkLayout } from './structs.ts'
import { variantLabel } from './variants.ts'

const WARN = 3
const ERROR = 4
const KEPT = 300

/** The last lines that llama.cpp and ggml logged. */
export class NativeLog {
  private readonly lines: { level: number; text: string }[] = []
  private readonly onProblem: (level: 'warn' | 'error', text: string) => void

  /** `onProblem` hears of every warning and error as it is logged; what continues it on the same line is left out. */
  constructor(onProblem: (level: 'warn' | 'error', text: string) => void = () => {}) {
    this.onProblem = onProblem
  }

  /** `level` as in `ggml_log_level`; 5 continues the line before. */
  add(level: number, text: string): void {
    const last = this.lines.at(-1)
    if (level === 5 && last) last.text += text
    else this.lines.push({ level, text })
    if (this.lines.length > KEPT) this.lines.shift()
    if (level === WARN || level === ERROR) this.onProblem(level === WARN ? 'warn' : 'error', text)
  }

  clear(): void {
    this.lines.length = 0
  }

  text(): string {
    return this.lines.map((line) => line.text).join('')
  }

  /** The first error since `clear`, which names the cause of those after it, or the last warning; empty when there was none. */
  reason(): string {
    const found = this.lines.find((line) => line.level === ERROR) ?? this.lines.findLast((line) => line.level === WARN)
    return found?.text.trim() ?? ''
  }
}

const M_MMAP_THRESHOLD = -3
const THRESHOLD_BYTES = 128 << 10

/**
 * Has glibc give large blocks back to the system when they are freed. Left alone it raises the limit from which it does
 * with every large block that is freed, and a process that loads and unloads models grows. Elsewhere nothing is done.
 */
export function returnFreedMemory(): void {
  if (process.platform !== 'linux') return
  try {
    koffi.load('libc.so.6').func('int mallopt(int param, int value)')(M_MMAP_THRESHOLD, THRESHOLD_BYTES)
  } catch {
    // another C library: it has no such limit
  }
}

/**
 * Gives back what is left of a model that was unloaded: what JavaScript holds of it, such as the buffers its file was read
 * through, and the small blocks that glibc keeps in the arena of every thread that once loaded a model.
 */
export function releaseMemory(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  if (process.platform !== 'linux') return
  try {
    koffi.load('libc.so.6').func('int malloc_trim(size_t pad)')(0)
  } catch {
    // another C library: it keeps nothing
  }
}

/** `ggml_backend_dev_type` in its order. */
const kinds: readonly DeviceInfo['kind'][] = ['cpu', 'gpu', 'integrated', 'accelerator']

/** A device and its handle. */
export interface Device {
  readonly handle: Pointer
  readonly info: DeviceInfo
}

/** The devices of the loaded backends, with their memory as it is now. */
export function listDevices(ggml: Ggml): Device[] {
  const devices: Device[] = []
  for (let i = 0; i < ggml.deviceCount(); i++) {
    const handle = ggml.deviceAt(i)
    const kind = kinds[ggml.deviceType(handle)]
    if (kind)
      devices.push({
        handle,
        info: {
          name: ggml.deviceName(handle),
          description: ggml.deviceDescription(handle),
          kind,
          ...memory(ggml, handle),
          isShared: isShared(kind),
        },
      })
  }
  return devices
}

/** The device that should compute; null when there is no GPU. */
export function bestDevice(devices: readonly Device[]): Device | null {
  const best = bestGpu(devices.map(({ info }) => info))
  return devices.find(({ info }) => info === best) ?? null
}

function memory(ggml: Ggml, handle: Pointer): Pick<DeviceInfo, 'totalBytes' | 'freeBytes'> {
  const [free, total] = [new BigUint64Array(1), new BigUint64Array(1)]
  ggml.deviceMemory(handle, free, total)
  return { totalBytes: Number(total[0]), freeBytes: Number(free[0]) }
}

function isShared(kind: DeviceInfo['kind']): boolean {
  return (
    kind === 'integrated' ||
    kind === 'cpu' ||
    (kind === 'gpu' && process.platform === 'darwin' && process.arch === 'arm64')
  )
}

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
  /** Those that compute a single token; null: `threads`, as a GPU computes. */
  readonly stepThreads: StepThreads | null
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
  let stepThreads: StepThreads | null = null
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
    get stepThreads() {
      return stepThreads
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
      stepThreads = gpu ? null : new StepThreads(count)
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
