import { toErrorInfo } from '#contract'
import type { ModelFiles } from '../../headless.ts'
import type { EngineStarter } from '../measurement.ts'
import type { Compared } from './comparison.ts'
import { findLlamaTools } from './llamaTools.ts'
import type { LlamaTools } from './llamaTools.ts'
import type { BesideModel, Stage } from './stages.ts'
import { busyStage, demoStage, textStage } from './text.ts'
import { encodeStage, memoryStage } from './towers.ts'

/** Between the exact setting and the other checkout's rounding one. */
const EXACT = { exact: { atMost: 0.95 } }
const rounded = (atMost: number) => ({ balanced: { atMost }, fastest: { atMost } })

/** The largest multiple of a token's side that 2048 pixels hold. */
const LARGEST_SIDE = 2044

/** Everything that is measured beside another checkout and llama.cpp's tools, in this order, with what it should come to. */
export const stages: readonly Stage[] = [
  encodeStage('encode_448', 'qwen2vl', 448, true, { other: {}, mtmd: {} }),
  encodeStage('encode_672', 'qwen2vl', 672, true, { other: { ...EXACT, ...rounded(0.5) }, mtmd: rounded(0.15) }),
  encodeStage('encode_1344', 'qwen2vl', 1344, false, { other: rounded(0.6), mtmd: {} }),
  encodeStage('encode_qwen3vl', 'qwen3vl', 672, true, { other: rounded(0.2), mtmd: rounded(0.2) }),
  textStage,
  busyStage,
  demoStage,
  memoryStage('memory', LARGEST_SIDE, { atMost: 0.6 }),
]

export interface BesideOptions {
  readonly models: { readonly qwen2vl: BesideModel; readonly qwen3vl: BesideModel }
  readonly demoModel: ModelFiles
  readonly checkout: string
  readonly rounds: number
  readonly engineThreads: (bytes: number) => number
  readonly startEngine: EngineStarter
  readonly stages: readonly Stage[]
  readonly onStage: (name: string) => void
  readonly onStageEnd?: (compared: Compared) => void
  /** Default: those on the PATH. */
  readonly tools?: LlamaTools
}

/** Runs the stages one after the other; within each, all sides take turns. One that fails is skipped with its reason. */
export async function runStages({
  stages,
  onStage,
  onStageEnd = () => {},
  tools = findLlamaTools(),
  ...options
}: BesideOptions): Promise<Compared[]> {
  const threads = options.engineThreads(options.models.qwen2vl.bytes)
  const compared: Compared[] = []
  for (const stage of stages) {
    onStage(stage.name)
    const ended = await stage.run({ ...options, tools, threads }).catch((error) => skippedStage(stage.name, error))
    compared.push(ended)
    onStageEnd(ended)
  }
  return compared
}

function skippedStage(stage: string, error: unknown): Compared {
  const skipped = [{ name: stage, label: stage, reason: toErrorInfo(error).message }]
  return { stage, figures: [], ratios: [], skipped, others: [] }
}
