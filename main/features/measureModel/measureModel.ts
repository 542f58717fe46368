import { randomUUID } from 'node:crypto'
import { AppError } from '#contract'
import type { BenchmarkEvent, BenchmarkResult } from '#contract'
import type { Benchmarks } from '../../services/benchmarks/index.ts'
import type { Engine } from '../../engine/index.ts'
import type { Models } from '../../services/models/index.ts'
import { exportResult } from './exportResult.ts'
import type { ExportedResult } from './exportResult.ts'
import { publishedFigures } from './published.ts'
import { PUBLISHED_INPUTS, stepsFor } from './steps.ts'
import type { Measured } from './steps.ts'

export interface MeasureModelParts {
  readonly models: Pick<Models, 'registry'>
  readonly engine: Engine
  readonly benchmarks: Benchmarks
  /** The folder of the app's read-only files. */
  readonly resources: string
  /** Lengths of the inputs, in tokens; those of the published figures unless told. */
  readonly inputs?: readonly number[]
  /** The time in ms. */
  readonly now?: () => number
}

/** Measuring how fast the models of the library are on this computer. */
export interface MeasureModel {
  /**
   * Measures a model as the user has placed it, row by row; what is measured until the signal aborts or the engine fails
   * is kept. @throws AppError Busy while another run is under way, NotFound; as the engine does.
   */
  run(modelId: string, signal: AbortSignal): AsyncGenerator<BenchmarkEvent, undefined, void>
  /** Newest first. */
  results(modelId: string): BenchmarkResult[]
  /** @throws AppError NotFound. */
  export(id: string, format: 'json' | 'csv'): ExportedResult
}

/** One run at a time: two would measure each other. */
export function createMeasureModel({
  models,
  engine,
  benchmarks,
  resources,
  inputs = PUBLISHED_INPUTS,
  now = Date.now,
}: MeasureModelParts): MeasureModel {
  let present: { readonly signal: AbortSignal; readonly ended: Promise<void> } | null = null

  /** The model with its facts, and a result without rows. */
  async function prepare(modelId: string): Promise<{ measured: Measured; result: BenchmarkResult }> {
    const { model, quantization, overrides } = models.registry.entry(modelId)
    const files = { textPath: model.textPath, projectorPath: model.projectorPath }
    const [{ family, embeddingLength, trainedContext }, machine] = await Promise.all([
      engine.inspect(files),
      engine.machine(),
    ])
    const published = publishedFigures(resources, family, embeddingLength)
    const startedAt = now()
    return {
      measured: { engine, model: files, trainedContext, placement: overrides.placement, published, number: startedAt },
      result: {
        id: randomUUID(),
        modelId,
        modelName: model.name,
        quantization,
        startedAt,
        endedAt: startedAt,
        isComplete: false,
        machine: {
          cpu: machine.cpu,
          cores: machine.cores,
          memoryBytes: machine.memoryBytes,
          backend: engine.state.backend,
        },
        published: published?.source ?? null,
        rows: [],
      },
    }
  }

  async function* measure(modelId: string, signal: AbortSignal): AsyncGenerator<BenchmarkEvent, undefined, void> {
    const { measured, result: begun } = await prepare(modelId)
    const steps = stepsFor(inputs, measured.model.projectorPath !== null)
    let result = begun
    try {
      for (const [done, step] of steps.entries()) {
        yield { result, doing: step.what, done, total: steps.length }
        const row = await step.run(measured, signal)
        if (!row) return undefined
        result = { ...result, endedAt: now(), rows: [...result.rows, row] }
      }
      result = { ...result, isComplete: true }
    } finally {
      if (result.rows.length > 0) benchmarks.keep(result)
    }
    yield { result, doing: null, done: steps.length, total: steps.length }
    return undefined
  }

  return {
    async *run(modelId, signal) {
      // one that was stopped is about to end
      while (present?.signal.aborted) await present.ended
      if (present)
        throw new AppError('Busy', 'A model is being measured already. Wait until that ends, or stop it first.')
      let end = () => {}
      present = { signal, ended: new Promise((resolve) => (end = resolve)) }
      try {
        return yield* measure(modelId, signal)
      } finally {
        present = null
        end()
      }
    },
    results: (modelId) => benchmarks.list(modelId),
    export: (id, format) => exportResult(benchmarks.get(id), format),
  }
}
