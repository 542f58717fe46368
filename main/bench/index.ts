import { availableParallelism, cpus, totalmem } from 'node:os'
import { AppError } from '#contract'
import type { Engine, ModelFiles } from '../headless.ts'
import type { SpawnWorker } from '../ports.ts'
import type { Compared } from './beside/comparison.ts'
import { runStages } from './beside/index.ts'
import type { BesideOptions } from './beside/index.ts'
import { createWorkload, engineStarter } from './measurement.ts'
import type { Measured, Measurement } from './measurement.ts'
import { measurements } from './measurements/index.ts'
import type { Machine, MeasuredModel } from './report.ts'

export { stages } from './beside/index.ts'
export { toBesideReport, toBesideTable, toStageTable } from './beside/report.ts'
export { measurements } from './measurements/index.ts'
export { toReport, toTable } from './report.ts'

export { shapes } from './synthetic/modelFiles.ts'
export { syntheticModel } from './syntheticModel.ts'

/** As in the engine: with fewer weights for each, threads wait for one another longer than they compute. */
const BYTES_PER_THREAD = 32 << 20

/** Threads that the engine computes with for a model of so many bytes, so that the other side is given as many. */
function engineThreads(modelBytes: number): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(modelBytes / BYTES_PER_THREAD)))
}

export interface BenchOptions {
  readonly ports: { readonly spawnWorker: SpawnWorker; readonly paths: { readonly resources: string } }
  readonly model: ModelFiles
  readonly runs: number
  /** Names of the measurements wanted; null: all. */
  readonly only: readonly string[] | null
  /** Whether a model with a switch for it is asked as one that thinks first. */
  readonly thinking: 'on' | 'off'
  /** Told which measurement begins. */
  readonly onMeasure: (name: string) => void
}

export interface BenchResult {
  readonly measured: readonly Measured[]
  readonly machine: Machine
  readonly model: MeasuredModel
}

/** Runs the measurements one after the other. @throws AppError as the engine does. */
export async function runBench({ ports, model, runs, only, thinking, onMeasure }: BenchOptions): Promise<BenchResult> {
  const startEngine = engineStarter(ports)
  const engine = await startEngine()
  try {
    const { name, bytes } = await engine.engine.inspect(model)
    const threads = engineThreads(bytes)
    const workload = await createWorkload(engine.engine, model, thinking)
    await engine.engine.load(model, workload.contextTokens)
    const wanted = ({ name, needsPictures }: Measurement) =>
      (!only || only.includes(name)) && (!needsPictures || model.projectorPath !== null)
    const measured: Measured[] = []
    for (const measurement of measurements.filter(wanted)) {
      onMeasure(measurement.name)
      measured.push(await measurement.run({ workload, runs, threads, engine, startEngine }))
    }
    return {
      measured,
      machine: describeMachine(threads, engine.engine.state.backend),
      model: { name, bytes, textPath: model.textPath, projectorPath: model.projectorPath },
    }
  } finally {
    await engine.close()
  }
}

export interface BesideRequest
  extends Pick<BesideOptions, 'checkout' | 'rounds' | 'stages' | 'onStage' | 'onStageEnd' | 'tools'> {
  readonly ports: BenchOptions['ports']
  readonly models: { readonly qwen2vl: ModelFiles; readonly qwen3vl: ModelFiles }
  readonly demoModel: ModelFiles
}

export interface BesideResult {
  readonly compared: readonly Compared[]
  readonly checkout: string
  readonly machine: Machine
  readonly model: MeasuredModel
}

/** Measures beside another checkout and llama.cpp's tools, all in turns. @throws AppError as the engine does. */
export async function runBeside({ ports, models, demoModel, ...request }: BesideRequest): Promise<BesideResult> {
  const startEngine = engineStarter(ports)
  const engine = await startEngine()
  const { qwen2vl, qwen3vl, backend } = await describe(engine.engine, models, demoModel).finally(engine.close)
  const compared = await runStages({
    ...request,
    models: { qwen2vl, qwen3vl },
    demoModel,
    engineThreads,
    startEngine,
  })
  return {
    compared,
    checkout: request.checkout,
    machine: describeMachine(engineThreads(qwen2vl.bytes), backend),
    model: qwen2vl,
  }
}

/** The models, and what the engine computes on, which it says once it has loaded one. */
async function describe(engine: Engine, models: BesideRequest['models'], small: ModelFiles) {
  const inspect = async ({ textPath, projectorPath }: ModelFiles) => {
    if (projectorPath === null)
      throw new AppError('ProjectorMissing', 'Encoding cannot be measured without a projector.')
    const { name, bytes } = await engine.inspect({ textPath, projectorPath })
    return { name, bytes, textPath, projectorPath }
  }
  const [qwen2vl, qwen3vl] = [await inspect(models.qwen2vl), await inspect(models.qwen3vl)]
  await engine.load(small, 512)
  return { qwen2vl, qwen3vl, backend: engine.state.backend }
}

function describeMachine(threads: number, backend: string | null): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    threads,
    memoryBytes: totalmem(),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
    backend,
  }
}
