import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { AppError, say } from '#contract'
import koffi from 'koffi'
import type { LibraryHandle } from 'koffi'
import { bindAddress, bindAddressAsync, keepAlive } from '../native/ffi.ts'
import type { Memory, Pointer } from '../native/ffi.ts'
import type { OnnxType } from './model.ts'

const p = 'void*'
/** `ORT_LOGGING_LEVEL_ERROR` */
const LOG_ERROR = 3
/** `OrtArenaAllocator` */
const ARENA = 1
/** `OrtMemTypeDefault` */
const DEFAULT_MEMORY = 0
/** The arena grows by what is asked for instead of to the next power of two. */
const AS_REQUESTED = 1
/**
 * The version of `OrtApi` that is asked for, the table of functions of ONNX Runtime's C API. Places in it never change
 * (onnxruntime_c_api.h), and a later library answers for an earlier version.
 */
const API_VERSION = 18

/** Binds the functions that the tower needs, by their place in the table. Names as in onnxruntime_c_api.h. */
function bindApi(api: bigint) {
  const at = (place: number) => koffi.decode(api, place * 8, p) as Pointer
  const call = <Args extends readonly unknown[]>(place: number, ...args: string[]) =>
    bindAddress<Args, Pointer>(at(place), p, args)
  const release = (place: number) => bindAddress<[Pointer], void>(at(place), 'void', [p])
  return {
    getErrorMessage: bindAddress<[Pointer], string>(at(2), 'str', [p]),
    createSessionFromArray: bindAddressAsync<[Pointer, Memory, number, Pointer, Memory], Pointer>(at(8), p, [
      p,
      p,
      'size_t',
      p,
      p,
    ]),
    run: bindAddressAsync<[Pointer, Pointer, string[], Memory, number, string[], number, Memory], Pointer>(at(9), p, [
      p,
      p,
      'char **',
      p,
      'size_t',
      'char **',
      'size_t',
      p,
    ]),
    createSessionOptions: call<[Memory]>(10, p),
    disableMemPattern: call<[Pointer]>(17, p),
    createTensorWithData: call<[Pointer, Memory, number, Memory, number, number, Memory]>(
      49,
      p,
      p,
      'size_t',
      p,
      'size_t',
      'int',
      p,
    ),
    createRunOptions: call<[Memory]>(39, p),
    createCpuMemoryInfo: call<[number, number, Memory]>(69, 'int', 'int', p),
    releaseStatus: release(93),
    releaseSession: release(95),
    releaseValue: release(96),
    releaseSessionOptions: release(100),
    createEnvWithGlobalThreadPools: call<[number, string, Pointer, Memory]>(119, 'int', 'str', p, p),
    disablePerSessionThreads: call<[Pointer]>(120, p),
    createThreadingOptions: call<[Memory]>(121, p),
    releaseThreadingOptions: release(122),
    addSessionConfigEntry: call<[Pointer, string, string]>(130, p, 'str', 'str'),
    createAndRegisterAllocator: call<[Pointer, Pointer, Pointer]>(144, p, p, p),
    addRunConfigEntry: call<[Pointer, string, string]>(165, p, 'str', 'str'),
    createArenaCfg: call<[number, number, number, number, Memory]>(156, 'size_t', 'int', 'int', 'int', p),
    releaseArenaCfg: release(157),
    setGlobalIntraOpNumThreads: call<[Pointer, number]>(147, p, 'int'),
    setGlobalInterOpNumThreads: call<[Pointer, number]>(148, p, 'int'),
    setGlobalSpinControl: call<[Pointer, number]>(149, p, 'int'),
  }
}
type Api = ReturnType<typeof bindApi>

/** A tensor in the caller's memory. */
export interface Tensor {
  readonly type: OnnxType
  readonly dims: readonly number[]
  readonly data: ArrayBufferView
}

/** A model that is ready to run. */
export interface OnnxSession extends Disposable {
  /**
   * Computes `outputs` from `inputs`, both by name and in the caller's memory. `isLast`: the memory in which the runs of all
   * models compute is given back. @throws AppError EngineFailed.
   */
  run(
    inputs: Readonly<Record<string, Tensor>>,
    outputs: Readonly<Record<string, Tensor>>,
    isLast?: boolean,
  ): Promise<void>
}

/** The library for this computer inside onnxruntime-node's package; null when there is none. */
function libraryFile(): string | null {
  const names: Partial<Record<NodeJS.Platform, string>> = {
    linux: 'libonnxruntime.so.1',
    darwin: 'libonnxruntime.1.dylib',
    win32: 'onnxruntime.dll',
  }
  const name = names[process.platform]
  try {
    if (!name) return null
    const folder = path.dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
    const file = path.join(folder, 'bin', 'napi-v6', process.platform, process.arch, name)
    // in an installed app libraries lie beside the archive that holds the code
    const outside = file.replace(/app\.asar(?=[\\/])/, 'app.asar.unpacked')
    return existsSync(outside) ? outside : null
  } catch {
    return null
  }
}

let opened: OnnxRuntime | null | undefined

/** ONNX Runtime with all threads of this computer, opened once; null where there is none that works. */
export function onnxRuntime(): OnnxRuntime | null {
  if (opened !== undefined) return opened
  const file = libraryFile()
  try {
    opened = file ? new OnnxRuntime(file, availableParallelism()) : null
  } catch {
    // a system that is too old for it: llama.cpp's library computes alone
    opened = null
  }
  return opened
}

/** ONNX Runtime's CPU library. One for a process: it holds the threads that all models compute with. */
export class OnnxRuntime {
  /** E.g. "1.30.0". */
  readonly version: string
  /** Kept: a library whose handle is collected is unloaded. */
  private readonly library: LibraryHandle
  private readonly api: Api
  private readonly env: Pointer
  private readonly memory: Pointer
  /** For a run after which the memory that runs share is given back. */
  private readonly lastRun: Pointer

  /** Loads the library `file`. @throws AppError EngineIncompatible, EngineFailed; Error when the system cannot load it. */
  constructor(file: string, threads: number) {
    this.library = koffi.load(file)
    const base = this.library.func('OrtGetApiBase', p, [])() as bigint
    this.version = bindAddress<[], string>(koffi.decode(base, 8, p) as Pointer, 'str', [])()
    const api = bindAddress<[number], bigint | null>(koffi.decode(base, 0, p) as Pointer, p, ['uint32'])(API_VERSION)
    if (!api) throw new AppError('EngineIncompatible', say`ONNX Runtime ${this.version} is too old.`)
    this.api = bindApi(api)
    const { api: ort } = this
    const threading = this.made((out) => ort.createThreadingOptions(out))
    this.check(ort.setGlobalIntraOpNumThreads(threading, threads))
    this.check(ort.setGlobalInterOpNumThreads(threading, 1))
    // threads that wait leave their core to other programs
    this.check(ort.setGlobalSpinControl(threading, 0))
    this.env = this.made((out) => ort.createEnvWithGlobalThreadPools(LOG_ERROR, 'sightline', threading, out))
    ort.releaseThreadingOptions(threading)
    this.memory = this.made((out) => ort.createCpuMemoryInfo(ARENA, DEFAULT_MEMORY, out))
    const arena = this.made((out) => ort.createArenaCfg(0, AS_REQUESTED, -1, -1, out))
    this.check(ort.createAndRegisterAllocator(this.env, this.memory, arena))
    ort.releaseArenaCfg(arena)
    this.lastRun = this.made((out) => ort.createRunOptions(out))
    this.check(ort.addRunConfigEntry(this.lastRun, 'memory.enable_memory_arena_shrinkage', 'cpu:0'))
  }

  /** Makes a model ready to run; its bytes are not needed afterwards. @throws AppError EngineFailed. */
  async session(model: Uint8Array): Promise<OnnxSession> {
    const { api: ort } = this
    const options = this.made((out) => ort.createSessionOptions(out))
    const out = new BigUint64Array(1)
    try {
      this.check(ort.disablePerSessionThreads(options))
      this.check(ort.disableMemPattern(options))
      // all models compute in the same memory, their weights are beside it
      this.check(ort.addSessionConfigEntry(options, 'session.use_env_allocators', '1'))
      this.check(ort.addSessionConfigEntry(options, 'session.use_device_allocator_for_initializers', '1'))
      this.check(await ort.createSessionFromArray(this.env, model, model.byteLength, options, out))
    } finally {
      ort.releaseSessionOptions(options)
    }
    const session = out[0]!
    return {
      run: async (inputs, outputs, isLast = false) => {
        const values = [inputs, outputs].map((tensors) =>
          BigUint64Array.from(Object.values(tensors), (tensor) => this.value(tensor)),
        )
        const [ins, outs] = [values[0]!, values[1]!]
        try {
          this.check(
            await ort.run(
              session,
              isLast ? this.lastRun : null,
              Object.keys(inputs),
              ins,
              ins.length,
              Object.keys(outputs),
              outs.length,
              outs,
            ),
          )
        } finally {
          for (const value of [...ins, ...outs]) ort.releaseValue(value)
          keepAlive([inputs, outputs])
        }
      },
      [Symbol.dispose]: () => ort.releaseSession(session),
    }
  }

  private value({ type, dims, data }: Tensor): bigint {
    const shape = BigInt64Array.from(dims, BigInt)
    return this.made((out) =>
      this.api.createTensorWithData(this.memory, data, data.byteLength, shape, dims.length, type, out),
    )
  }

  private made(make: (out: BigUint64Array) => Pointer): bigint {
    const out = new BigUint64Array(1)
    this.check(make(out))
    return out[0]!
  }

  private check(status: Pointer): void {
    if (!status) return
    const reason = this.api.getErrorMessage(status)
    this.api.releaseStatus(status)
    throw new AppError('EngineFailed', say`ONNX Runtime: ${reason}`)
  }
}
