import type { Fit } from '#contract'
import type { DeviceInfo, MachineFacts, MemoryPlan } from '../types.ts'
import type { SizedModel } from './shape.ts'

/** What an answer usually has in its KV cache, in tokens. */
const USUAL_TOKENS = 1024
/** When the processor's speed could not be measured: slow memory, in bytes per second. */
const SLOW_MEMORY = 10e9
/** A dedicated card reads what it can hold about 15 times a second in practice; older and newer ones alike, most do more. */
const READS_PER_SECOND = 15
const LEAST_CARD = 60e9
const MOST_CARD = 1000e9
/** Apple silicon and integrated graphics read at least so fast. */
const SHARED_CARD = 45e9
/** Launching a layer's work on a card, in seconds. */
const LAYER_SECONDS = 30e-6
/** Attention, norms and sampling beside the products on the processor. */
const CPU_SHARE = 0.85

/** Tokens per second from which an answer feels so. */
const CLASSES = [
  [30, 'fast'],
  [10, 'comfortable'],
  [3, 'slow'],
  [0, 'very slow'],
] as const

/**
 * Tokens per second of an answer, estimated: every token reads all weights and its KV cache once from where they lie. The
 * processor's speed is measured, that of a GPU assumed by its kind and size.
 */
export function answerSpeed(
  plan: MemoryPlan,
  { text }: SizedModel,
  gpu: DeviceInfo | null,
  { cpuBytesPerSecond }: Pick<MachineFacts, 'cpuBytesPerSecond'>,
): number {
  const [cpu, card] = plan.parts
  const cpuSpeed = (cpuBytesPerSecond || SLOW_MEMORY) * CPU_SHARE
  const kv = Math.min(1, USUAL_TOKENS / plan.contextTokens)
  // one row of the embeddings is read, unless they serve for the output here
  const skipped = plan.gpuLayers > 0 || text.weights.output > 0 ? text.weights.embeddings : 0
  const onCpu = (cpu ? cpu.weights - skipped + cpu.kv * kv : 0) / cpuSpeed
  const onGpu =
    card && gpu ? (card.weights + card.kv * kv) / gpuSpeed(gpu, cpuBytesPerSecond) + plan.gpuLayers * LAYER_SECONDS : 0
  return 1 / (onCpu + onGpu)
}

/** The class of a speed in tokens per second. */
export function speedClass(tokensPerSecond: number): NonNullable<Fit['speed']> {
  return CLASSES.find(([least]) => tokensPerSecond >= least)?.[1] ?? 'very slow'
}

function gpuSpeed({ kind, isShared, totalBytes }: DeviceInfo, cpuBytesPerSecond: number): number {
  if (kind === 'integrated' || isShared) return Math.max(SHARED_CARD, cpuBytesPerSecond)
  return Math.min(MOST_CARD, Math.max(LEAST_CARD, totalBytes * READS_PER_SECOND))
}
