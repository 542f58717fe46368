import type { ModelOverrides } from '#contract'
import { counted } from '../../../lib/format.ts'

/** How many of a model's defaults were changed, in words; null when none was. */
export function changedWords({
  placement,
  budget,
  sampling,
  maxTokens,
  systemPrompt,
  rawPrompt,
}: ModelOverrides): string | null {
  const changed = [...Object.values(placement), budget, sampling, maxTokens, systemPrompt, rawPrompt].filter(
    (value) => value !== null,
  ).length
  return changed === 0 ? null : `${counted(changed, 'change')}`
}

const SIZES = [1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072]

/** The sizes of context to choose from, in tokens: powers of two up to what the model was trained for. */
export function contextSizes(trainedContext: number, chosen: number): readonly number[] {
  const sizes = [...SIZES.filter((size) => size < trainedContext), Math.max(256, trainedContext), chosen]
  return [...new Set(sizes)].sort((a, b) => a - b)
}
