import type { BenchEngine, EngineStarter } from './benchEngine.ts'
import type { Workload } from './workload.ts'

export type Unit = 'ms' | 'tokens/s' | 'bytes' | 'ratio'

/** One figure as measured: a value for each run. `name` is its name in the JSON, `label` its line in the table. */
export interface Series {
  readonly name: string
  readonly label: string
  readonly unit: Unit
  readonly values: readonly number[]
}

/** `ratios` are without unit; their bars are part of the project's goals, `figures` only inform. */
export interface Measured {
  readonly figures: readonly Series[]
  readonly ratios: readonly Series[]
}

export interface Bench {
  readonly workload: Workload
  /** How often each thing is measured, after a warm-up where that matters. */
  readonly runs: number
  /** Threads that the engine computes with. */
  readonly threads: number
  /** An engine with the model loaded, shared by the measurements, which run one after the other. */
  readonly engine: BenchEngine
  readonly startEngine: EngineStarter
}

/** One thing that is measured. To add one: a file in `measurements/` and its line in `measurements/index.ts`. */
export interface Measurement {
  readonly name: string
  readonly needsPictures: boolean
  run(bench: Bench): Promise<Measured>
}
