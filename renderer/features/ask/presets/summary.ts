import type { AppliedPreset } from '#contract'
import { detailLevels, detailOf } from '../../../lib/detail.ts'
import { tokens } from '../../../lib/format.ts'

/** What a preset set for a conversation, in a few words, one for each setting. */
export function summaryOf({ systemPrompt, sampling, budget, contextTokens, maxTokens }: AppliedPreset): string {
  const detail = budget ? detailOf(budget) : null
  const temperature = sampling?.temperature
  const others = Object.values(sampling ?? {}).filter((value) => value !== undefined).length
  return [
    systemPrompt === undefined ? [] : 'its system prompt',
    detail === null ? [] : `detail ${detail in detailLevels ? detail : 'of its own'}`,
    temperature === undefined ? [] : `temperature ${temperature}`,
    others > (temperature === undefined ? 0 : 1) ? 'its own choice of words' : [],
    contextTokens === undefined ? [] : `a context of ${tokens(contextTokens)}`,
    maxTokens === undefined ? [] : `at most ${tokens(maxTokens)} an answer`,
  ]
    .flat()
    .join(', ')
}
