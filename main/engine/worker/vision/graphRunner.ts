import type { Pointer } from '../native/ffi.ts'
import type { Gpu, Runtime } from '../native/runtime.ts'

/** One graph's memory and its computation. */
export interface GraphRun {
  /** False when there is not enough memory. */
  allocate(graph: Pointer): Promise<boolean>
  /** Returns a `ggml_status`; 0 is success. */
  compute(graph: Pointer): Promise<number>
  end(): void
}

/** Computes graphs, one after the other. */
export interface GraphRunner {
  begin(): GraphRun
  free(): void
}

/** Runs graphs of at most `nodes` nodes on the GPU, what it cannot compute on the CPU; without a GPU on the CPU alone. */
export function openRunner(runtime: Runtime, gpu: Gpu | null, nodes: number): GraphRunner {
  return gpu ? scheduled(runtime, gpu, nodes) : onCpu(runtime)
}

/** The memory of a graph is given back when it has been computed. */
function onCpu({ ggml, cpu }: Runtime): GraphRunner {
  return {
    begin: () => {
      const allocator = ggml.gallocrNew(ggml.defaultBufferType(cpu))
      return {
        allocate: (graph) => ggml.gallocrAllocGraph(allocator, graph),
        compute: (graph) => ggml.graphCompute(cpu, graph),
        end: () => ggml.gallocrFree(allocator),
      }
    },
    free: () => {},
  }
}

/** The GPU keeps the memory of the largest graph so far for the next one. */
function scheduled({ ggml, cpu }: Runtime, gpu: Gpu, nodes: number): GraphRunner {
  // the scheduler wants the CPU last
  const backends = BigUint64Array.of(gpu.backend as bigint, cpu as bigint)
  const scheduler = ggml.schedNew(backends, null, backends.length, nodes, false, false)
  return {
    begin: () => ({
      allocate: (graph) => ggml.schedAllocGraph(scheduler, graph),
      compute: (graph) => ggml.schedCompute(scheduler, graph),
      end: () => ggml.schedReset(scheduler),
    }),
    free: () => ggml.schedFree(scheduler),
  }
}
