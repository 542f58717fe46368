import koffi from 'koffi'
import { bind, bindAsync } from './ffi.ts'
import type { Memory, Pointer } from './ffi.ts'
import type { Libraries } from './libraries.ts'
import { GgmlInit } from './structs.ts'

/** ggml tensor types, by their number in the file format. */
export const GgmlType = { F32: 0, F16: 1, Q4_0: 2, Q8_0: 8, Q4_K: 12, I32: 26, BF16: 30 } as const
/** GGML_ROPE_TYPE_VISION: 2-D positions of patches. */
export const ROPE_VISION = 24

type P = Pointer
const p = 'void*'

/** The part of ggml's C API that the vision tower needs. Names as in ggml.h without their prefix. */
export function bindGgml({ ggmlBase, ggml }: Libraries) {
  return {
    init: bind<[object], P>(ggmlBase, 'ggml_init', p, [GgmlInit]),
    free: bind<[P], void>(ggmlBase, 'ggml_free', 'void', [p]),
    setNoAlloc: bind<[P, boolean], void>(ggmlBase, 'ggml_set_no_alloc', 'void', [p, 'bool']),
    nbytes: bind<[P], number>(ggmlBase, 'ggml_nbytes', 'size_t', [p]),
    rowSize: bind<[number, number], number>(ggmlBase, 'ggml_row_size', 'size_t', ['int', 'int64']),
    newTensor1d: bind<[P, number, number], P>(ggmlBase, 'ggml_new_tensor_1d', p, [p, 'int', 'int64']),
    newTensor: bind<[P, number, number, Memory], P>(ggmlBase, 'ggml_new_tensor', p, [p, 'int', 'int', p]),
    newTensor2d: bind<[P, number, number, number], P>(ggmlBase, 'ggml_new_tensor_2d', p, [p, 'int', 'int64', 'int64']),
    mulMat: bind<[P, P, P], P>(ggmlBase, 'ggml_mul_mat', p, [p, p, p]),
    add: bind<[P, P, P], P>(ggmlBase, 'ggml_add', p, [p, p, p]),
    mul: bind<[P, P, P], P>(ggmlBase, 'ggml_mul', p, [p, p, p]),
    norm: bind<[P, P, number], P>(ggmlBase, 'ggml_norm', p, [p, p, 'float']),
    rmsNorm: bind<[P, P, number], P>(ggmlBase, 'ggml_rms_norm', p, [p, p, 'float']),
    scale: bind<[P, P, number], P>(ggmlBase, 'ggml_scale', p, [p, p, 'float']),
    /** Reads a table of half precision; the tower does without. */
    geluQuick: bind<[P, P], P>(ggmlBase, 'ggml_gelu_quick', p, [p, p]),
    scaleBias: bind<[P, P, number, number], P>(ggmlBase, 'ggml_scale_bias', p, [p, p, 'float', 'float']),
    sqr: bind<[P, P], P>(ggmlBase, 'ggml_sqr', p, [p, p]),
    tanh: bind<[P, P], P>(ggmlBase, 'ggml_tanh', p, [p, p]),
    getRows: bind<[P, P, P], P>(ggmlBase, 'ggml_get_rows', p, [p, p, p]),
    geluErf: bind<[P, P], P>(ggmlBase, 'ggml_gelu_erf', p, [p, p]),
    silu: bind<[P, P], P>(ggmlBase, 'ggml_silu', p, [p, p]),
    cast: bind<[P, P, number], P>(ggmlBase, 'ggml_cast', p, [p, p, 'int']),
    concat: bind<[P, P, P, number], P>(ggmlBase, 'ggml_concat', p, [p, p, p, 'int']),
    permute: bind<[P, P, number, number, number, number], P>(ggmlBase, 'ggml_permute', p, [
      p,
      p,
      'int',
      'int',
      'int',
      'int',
    ]),
    reshape2d: bind<[P, P, number, number], P>(ggmlBase, 'ggml_reshape_2d', p, [p, p, 'int64', 'int64']),
    reshape3d: bind<[P, P, number, number, number], P>(ggmlBase, 'ggml_reshape_3d', p, [
      p,
      p,
      'int64',
      'int64',
      'int64',
    ]),
    reshape4d: bind<[P, P, number, number, number, number], P>(ggmlBase, 'ggml_reshape_4d', p, [
      p,
      p,
      'int64',
      'int64',
      'int64',
      'int64',
    ]),
    view3d: bind<[P, P, number, number, number, number, number, number], P>(ggmlBase, 'ggml_view_3d', p, [
      p,
      p,
      'int64',
      'int64',
      'int64',
      'size_t',
      'size_t',
      'size_t',
    ]),
    ropeMulti: bind<[P, P, P, P, number, Memory, number, number, number, number, number, number, number, number], P>(
      ggmlBase,
      'ggml_rope_multi',
      p,
      [p, p, p, p, 'int', p, 'int', 'int', 'float', 'float', 'float', 'float', 'float', 'float'],
    ),
    flashAttnExt: bind<[P, P, P, P, P, number, number, number], P>(ggmlBase, 'ggml_flash_attn_ext', p, [
      p,
      p,
      p,
      p,
      p,
      'float',
      'float',
      'float',
    ]),
    setInput: bind<[P], void>(ggmlBase, 'ggml_set_input', 'void', [p]),
    setOutput: bind<[P], void>(ggmlBase, 'ggml_set_output', 'void', [p]),
    newGraph: bind<[P, number, boolean], P>(ggmlBase, 'ggml_new_graph_custom', p, [p, 'size_t', 'bool']),
    buildForwardExpand: bind<[P, P], void>(ggmlBase, 'ggml_build_forward_expand', 'void', [p, p]),
    gallocrNew: bind<[P], P>(ggmlBase, 'ggml_gallocr_new', p, [p]),
    gallocrAllocGraph: bindAsync<[P, P], boolean>(ggmlBase, 'ggml_gallocr_alloc_graph', 'bool', [p, p]),
    gallocrFree: bind<[P], void>(ggmlBase, 'ggml_gallocr_free', 'void', [p]),
    allocCtxTensors: bind<[P, P], P>(ggmlBase, 'ggml_backend_alloc_ctx_tensors', p, [p, p]),
    allocCtxTensorsFrom: bind<[P, P], P>(ggmlBase, 'ggml_backend_alloc_ctx_tensors_from_buft', p, [p, p]),
    bufferTypeName: bind<[P], string>(ggmlBase, 'ggml_backend_buft_name', 'str', [p]),
    deviceSupportsOp: bind<[P, P], boolean>(ggmlBase, 'ggml_backend_dev_supports_op', 'bool', [p, p]),
    f16ToF32: bindAsync<[Memory, Memory, number], void>(ggmlBase, 'ggml_fp16_to_fp32_row', 'void', [p, p, 'int64']),
    f32ToBf16: bindAsync<[Memory, Memory, number], void>(ggmlBase, 'ggml_fp32_to_bf16_row', 'void', [p, p, 'int64']),
    quantizeChunk: bindAsync<[number, Memory, Memory, number, number, number, null], number>(
      ggmlBase,
      'ggml_quantize_chunk',
      'size_t',
      ['int', p, p, 'int64', 'int64', 'int64', p],
    ),
    bufferFree: bind<[P], void>(ggmlBase, 'ggml_backend_buffer_free', 'void', [p]),
    tensorSet: bind<[P, Memory, number, number], void>(ggmlBase, 'ggml_backend_tensor_set', 'void', [
      p,
      p,
      'size_t',
      'size_t',
    ]),
    tensorGet: bind<[P, Memory, number, number], void>(ggmlBase, 'ggml_backend_tensor_get', 'void', [
      p,
      p,
      'size_t',
      'size_t',
    ]),
    defaultBufferType: bind<[P], P>(ggmlBase, 'ggml_backend_get_default_buffer_type', p, [p]),
    graphCompute: bindAsync<[P, P], number>(ggmlBase, 'ggml_backend_graph_compute', 'int', [p, p]),
    backendDevice: bind<[P], P>(ggmlBase, 'ggml_backend_get_device', p, [p]),
    deviceReg: bind<[P], P>(ggmlBase, 'ggml_backend_dev_backend_reg', p, [p]),
    deviceDescription: bind<[P], string>(ggmlBase, 'ggml_backend_dev_description', 'str', [p]),
    regProcAddress: bind<[P, string], P>(ggmlBase, 'ggml_backend_reg_get_proc_address', p, [p, 'str']),
    deviceCount: bind<[], number>(ggml, 'ggml_backend_dev_count', 'size_t', []),
    deviceAt: bind<[number], P>(ggml, 'ggml_backend_dev_get', p, ['size_t']),
    deviceName: bind<[P], string>(ggmlBase, 'ggml_backend_dev_name', 'str', [p]),
    deviceType: bind<[P], number>(ggmlBase, 'ggml_backend_dev_type', 'int', [p]),
    deviceMemory: bind<[P, BigUint64Array, BigUint64Array], void>(ggmlBase, 'ggml_backend_dev_memory', 'void', [
      p,
      p,
      p,
    ]),
    deviceInit: bind<[P, string | null], P>(ggmlBase, 'ggml_backend_dev_init', p, [p, 'str']),
    gallocrBufferSize: bind<[P, number], number>(ggmlBase, 'ggml_gallocr_get_buffer_size', 'size_t', [p, 'int']),
    schedNew: bind<[BigUint64Array, P, number, number, boolean, boolean], P>(ggmlBase, 'ggml_backend_sched_new', p, [
      p,
      p,
      'int',
      'size_t',
      'bool',
      'bool',
    ]),
    schedAllocGraph: bindAsync<[P, P], boolean>(ggmlBase, 'ggml_backend_sched_alloc_graph', 'bool', [p, p]),
    schedCompute: bindAsync<[P, P], number>(ggmlBase, 'ggml_backend_sched_graph_compute', 'int', [p, p]),
    schedReset: bind<[P], void>(ggmlBase, 'ggml_backend_sched_reset', 'void', [p]),
    schedFree: bind<[P], void>(ggmlBase, 'ggml_backend_sched_free', 'void', [p]),
    logSet: bind<[P, P], void>(ggmlBase, 'ggml_log_set', 'void', [p, p]),
    loadBackend: bind<[string], P>(ggml, 'ggml_backend_load', p, ['str']),
    loadBackends: bind<[string], void>(ggml, 'ggml_backend_load_all_from_path', 'void', ['str']),
    backendInitByType: bind<[number, string | null], P>(ggml, 'ggml_backend_init_by_type', p, ['int', 'str']),
    backendFree: bind<[P], void>(ggmlBase, 'ggml_backend_free', 'void', [p]),
  }
}
export type Ggml = ReturnType<typeof bindGgml>

/** `ggml_threadpool_params` of llama.cpp v0.4 and v0.5. */
const Params = koffi.struct({
  cpumask: koffi.array('bool', 512),
  n_threads: 'int',
  prio: 'int',
  poll: 'uint32',
  strict_cpu: 'bool',
  paused: 'bool',
})

/** Threads that wait for the next graph instead of being started for each: a third of a token's time with a small model. */
export class ThreadPool {
  private readonly create: (count: number) => Pointer
  private readonly release: (pool: Pointer) => void
  private readonly use: (pool: Pointer) => void
  /** null: the graphs start threads of their own, or need none. */
  pool: Pointer = null

  /** `proc` finds a function of the CPU backend; `cpu` is the backend whose graphs use the pool too. */
  constructor(libraries: Libraries, proc: (name: string) => Pointer, cpu: Pointer) {
    const defaults = bind<[number], object>(libraries.ggmlBase, 'ggml_threadpool_params_default', Params, ['int'])
    const [make, free, set] = [
      proc('ggml_threadpool_new'),
      proc('ggml_threadpool_free'),
      proc('ggml_backend_cpu_set_threadpool'),
    ]
    const isThere = make && free && set
    this.create = (count) => {
      if (!isThere) return null
      const params = koffi.alloc(Params, 1) as bigint
      koffi.encode(params, Params, defaults(count))
      const pool = koffi.call(make, koffi.proto('void *', ['void *']), params) as Pointer
      koffi.free(params)
      return pool
    }
    this.release = (pool) => void (isThere && koffi.call(free, koffi.proto('void', ['void *']), pool))
    this.use = (pool) => void (isThere && koffi.call(set, koffi.proto('void', ['void *', 'void *']), cpu, pool))
  }

  /** Makes a pool of so many threads; the one before must have no users left. */
  resize(count: number): void {
    const old = this.pool
    this.pool = count > 1 ? this.create(count) : null
    this.use(this.pool)
    if (old) this.release(old)
  }
}
