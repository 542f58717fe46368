import koffi from 'koffi'
import { bind } from './ffi.ts'
import type { Pointer } from './ffi.ts'
import type { Libraries } from './libraries.ts'

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
