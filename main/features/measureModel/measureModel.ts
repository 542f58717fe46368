import { randomUUID } from 'node:crypto'
import { AppError } from '#contract'
import type { BenchmarkEvent, BenchmarkResult, BenchmarkRow, Contract } from '#contract'
import type { Engine } from '../../engine/index.ts'
import type { HandlersOf } from '../../lib/handlers.ts'
import type { Benchmarks } from '../../services/benchmarks/index.ts'
import type { Models } from '../../services/models/index.ts'
import type { SettingsService } from '../../services/settings/index.ts'
import { PICTURE_SIDES, PUBLISHED_INPUTS, publishedFigures, stepsFor } from './steps.ts'
import type { Measured } from './steps.ts'

/** A file: its name and what is in it. */
export interface ExportedResult {
  readonly name: string
  readonly text: string
}

export interface MeasureModelParts {
  readonly models: Pick<Models, 'registry'>
  readonly settings: Pick<SettingsService, 'current'>
  readonly engine: Engine
  readonly benchmarks: Benchmarks
  /** The folder of the app's read-only files. */
  readonly resources: string
  /** Lengths of the inputs, in tokens; those of the published figures unless told. */
  readonly inputs?: readonly number[]
  /** Sides of the pictures, in pixels. */
  readonly sides?: readonly number[]
  /** The time in ms. */
  readonly now?: () => number
}

/** Measuring how fast the models of the library are on this computer. */
export interface MeasureModel {
  /**
   * Answers the window's calls about measuring. `run` measures a model as the user has placed it, row by row; what is
   * measured until the signal aborts or the engine fails is kept. It throws Busy while another run is under way, NotFound,
   * and as the engine does; `export` throws NotFound.
   */
  readonly procedures: HandlersOf<Contract>['benchmark']
}

/** One run at a time: two would measure each other. */
export function createMeasureModel({
  models,
  settings,
  engine,
  benchmarks,
  resources,
  inputs = PUBLISHED_INPUTS,
  sides = PICTURE_SIDES,
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
      measured: {
        engine,
        model: files,
        trainedContext,
        family,
        placement: overrides.placement,
        vision: settings.current.vision,
        published,
        number: startedAt,
      },
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
        vision: null,
        published: published?.source ?? null,
        rows: [],
      },
    }
  }

  async function* measure(modelId: string, signal: AbortSignal): AsyncGenerator<BenchmarkEvent, undefined, void> {
    const { measured, result: begun } = await prepare(modelId)
    const steps = stepsFor(inputs, measured.model.projectorPath === null ? [] : sides)
    let result = begun
    try {
      for (const [done, step] of steps.entries()) {
        yield { result, doing: step.what, done, total: steps.length }
        const row = await step.run(measured, signal)
        if (!row) return undefined
        const vision = engine.state.vision?.setting ?? null
        result = { ...result, vision, endedAt: now(), rows: [...result.rows, row] }
      }
      result = { ...result, isComplete: true }
    } finally {
      if (result.rows.length > 0) benchmarks.keep(result)
    }
    yield { result, doing: null, done: steps.length, total: steps.length }
    return undefined
  }

  return {
    procedures: {
      async *run({ modelId }, { signal }) {
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
      results: ({ modelId }) => benchmarks.list(modelId),
      export: ({ id, format }) => exportResult(benchmarks.get(id), format),
    },
  }
}

const COLUMNS = [
  'measured',
  'input_tokens',
  'prompt_tokens',
  'generated_tokens',
  'prefill_tokens_per_second',
  'tokens_per_second',
  'picture_pixels',
  'picture_tokens',
  'encode_ms',
  'memory_bytes',
  'gpu_bytes',
  'quantization',
  'gpus',
  'machine',
  'note',
] as const
type Line = Partial<Record<(typeof COLUMNS)[number], string | number | null>>

/** A result for a spreadsheet (one line for each row and each published figure beside it) or as JSON. */
function exportResult(result: BenchmarkResult, format: 'json' | 'csv'): ExportedResult {
  const day = new Date(result.startedAt).toISOString().slice(0, 10)
  const name = `${result.modelName.replace(/[^\w.]+/g, '-').replace(/^-|-$/g, '')}-${day}.${format}`
  if (format === 'json') return { name, text: `${JSON.stringify(result, null, 2)}\n` }
  const lines = result.rows.flatMap((row) => linesOf(row, result))
  const text = [COLUMNS, ...lines.map((line) => COLUMNS.map((column) => line[column] ?? ''))]
    .map((cells) => cells.map(cell).join(','))
    .join('\r\n')
  return { name, text: `${text}\r\n` }
}

function linesOf(row: BenchmarkRow, { quantization, machine, published }: BenchmarkResult): Line[] {
  const here = { quantization, machine: [machine.cpu, machine.backend].filter(Boolean).join(', ') }
  switch (row.kind) {
    case 'skipped':
      return [{ measured: row.what, ...here, note: row.reason }]
    case 'picture':
      return [
        {
          measured: 'picture',
          picture_pixels: row.side ** 2,
          picture_tokens: row.pictureTokens,
          encode_ms: row.encodeMs,
          memory_bytes: row.memoryBytes,
          gpu_bytes: row.gpuBytes,
          ...here,
        },
      ]
    case 'text':
      return [
        {
          measured: 'text',
          input_tokens: row.inputTokens,
          prompt_tokens: row.promptTokens,
          generated_tokens: row.generatedTokens,
          prefill_tokens_per_second: row.prefillTokensPerSecond,
          tokens_per_second: row.tokensPerSecond,
          memory_bytes: row.memoryBytes,
          gpu_bytes: row.gpuBytes,
          ...here,
        },
        ...row.published.map(
          (one): Line => ({
            measured: 'published',
            input_tokens: row.inputTokens,
            tokens_per_second: one.tokensPerSecond,
            gpu_bytes: one.memoryBytes,
            quantization: one.quantization,
            gpus: one.gpus,
            machine: published?.environment ?? null,
            note: published?.url ?? null,
          }),
        ),
      ]
  }
}

/** A cell of a CSV file (RFC 4180); text that a spreadsheet would compute is made text. */
function cell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
