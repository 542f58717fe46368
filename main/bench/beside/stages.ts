import type { ModelFiles } from '../../headless.ts'
import type { EngineStarter } from '../measurement.ts'
import type { Compared } from './comparison.ts'
import type { LlamaTools } from './llamaTools.ts'

/** A model with its projector. `bytes`: of both files. */
export interface BesideModel {
  readonly textPath: string
  readonly projectorPath: string
  readonly bytes: number
}

export interface StageOptions {
  readonly models: { readonly qwen2vl: BesideModel; readonly qwen3vl: BesideModel }
  readonly demoModel: ModelFiles
  /** Folder of the other checkout of Sightline. */
  readonly checkout: string
  readonly tools: LlamaTools
  /** How often all sides are measured. */
  readonly rounds: number
  /** Threads that llama.cpp's tools are given: as many as the engine computes with. */
  readonly threads: number
  /** Threads for a model of so many bytes. */
  readonly engineThreads: (bytes: number) => number
  readonly startEngine: EngineStarter
}

/** One thing that is measured on all sides. */
export interface Stage {
  readonly name: string
  run(options: StageOptions): Promise<Compared>
}
