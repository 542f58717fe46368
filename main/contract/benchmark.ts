import { oc, eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { VisionSetting } from './settings.ts'

/** What the model's authors published for the same length of input. Memory in bytes. */
export const PublishedSpeed = z.object({
  /** E.g. "BF16", "GPTQ-Int4". */
  quantization: z.string(),
  /** Graphics cards it ran on. */
  gpus: z.int(),
  tokensPerSecond: z.number(),
  memoryBytes: z.number(),
})
export type PublishedSpeed = z.infer<typeof PublishedSpeed>

/** Memory in bytes: of the engine's process as measured, and of the graphics card as planned. */
const memory = { memoryBytes: z.number(), gpuBytes: z.number() }

/** An answer to an input of so many tokens. `promptTokens`: what the input came to with the chat template around it. */
export const TextRow = z.object({
  kind: z.literal('text'),
  inputTokens: z.int(),
  promptTokens: z.int(),
  generatedTokens: z.int(),
  /** Null for an input too short to tell. */
  prefillTokensPerSecond: z.number().nullable(),
  tokensPerSecond: z.number(),
  ...memory,
  published: z.array(PublishedSpeed),
})

/** Decoding, resizing and encoding a picture of `side` x `side` pixels. */
export const PictureRow = z.object({
  kind: z.literal('picture'),
  side: z.int(),
  pictureTokens: z.int(),
  encodeMs: z.number(),
  ...memory,
})

/** What could not be measured here, and why. */
export const SkippedRow = z.object({ kind: z.literal('skipped'), what: z.string(), reason: z.string() })
export const BenchmarkRow = z.discriminatedUnion('kind', [TextRow, PictureRow, SkippedRow])
export type BenchmarkRow = z.infer<typeof BenchmarkRow>

/** One run on one model. Times in ms since 1970. */
export const BenchmarkResult = z.object({
  id: z.string(),
  modelId: z.string(),
  modelName: z.string(),
  quantization: z.string().nullable(),
  startedAt: z.number(),
  endedAt: z.number(),
  /** False: it was stopped or failed before its end. */
  isComplete: z.boolean(),
  /** Where it ran; `backend` as `EngineStatus` has it. */
  machine: z.object({ cpu: z.string(), cores: z.int(), memoryBytes: z.number(), backend: z.string().nullable() }),
  /** How the processor looked at the pictures; null: it did not. Unset before there was a choice: as `balanced` is meant. */
  vision: VisionSetting.nullable().optional(),
  /** Where the published figures are from, and on what they were measured; null where there are none for this model. */
  published: z.object({ model: z.string(), name: z.string(), url: z.url(), environment: z.string() }).nullable(),
  rows: z.array(BenchmarkRow),
})
export type BenchmarkResult = z.infer<typeof BenchmarkResult>

/** The run so far and what is being measured now; null: it has ended, and is kept. */
export const BenchmarkEvent = z.object({
  result: BenchmarkResult,
  doing: z.string().nullable(),
  done: z.int(),
  total: z.int(),
})
export type BenchmarkEvent = z.infer<typeof BenchmarkEvent>

export const benchmark = {
  /**
   * Measures a model, row by row. Ending the stream stops it; rows measured so far are kept. Throws Busy while another
   * one runs, NotFound; the stream ends with the engine's error when that fails.
   */
  run: oc.input(z.object({ modelId: z.string() })).output(eventIterator(BenchmarkEvent)),
  /** What was measured of a model, newest first. */
  results: oc.input(z.object({ modelId: z.string() })).output(z.array(BenchmarkResult)),
  /** One result as the text of a file. */
  export: oc
    .input(z.object({ id: z.string(), format: z.enum(['json', 'csv']) }))
    .output(z.object({ name: z.string(), text: z.string() })),
}
