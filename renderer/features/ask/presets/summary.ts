import { t } from '@lingui/core/macro'
import type { AppliedPreset } from '#contract'
import { detailLevels, detailOf } from '../../../lib/detail.ts'
import type { Detail } from '../../../lib/detail.ts'
import { listed, tokens } from '../../../lib/format.ts'

/** What a preset set for a conversation, in a few words, one for each setting. */
export function summaryOf({ systemPrompt, sampling, budget, contextTokens, maxTokens }: AppliedPreset): string {
  const detail = budget ? detailOf(budget) : null
  const temperature = sampling?.temperature
  const others = Object.values(sampling ?? {}).filter((value) => value !== undefined).length
  return listed(
    [
      systemPrompt === undefined ? [] : t`its system prompt`,
      detail === null ? [] : detailWords(detail),
      temperature === undefined ? [] : t`temperature ${temperature}`,
      others > (temperature === undefined ? 0 : 1) ? t`its own choice of words` : [],
      contextTokens === undefined ? [] : t`a context of ${tokens(contextTokens)}`,
      maxTokens === undefined ? [] : t`at most ${tokens(maxTokens)} an answer`,
    ].flat(),
  )
}

const detailWords = (detail: Detail): string =>
  detail === 'model' || detail === 'custom'
    ? t`detail of its own`
    : t`detail ${detailLevels[detail].label.toLocaleLowerCase()}`
