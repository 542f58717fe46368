import { t } from '@lingui/core/macro'
import { AppError } from '#contract'
import type { Preset } from '#contract'
import { announce } from '../../../lib/announce.ts'
import { toAppError } from '../../../lib/errors.ts'
import { modelsNow } from '../../../lib/models.ts'
import { appliedOf, applyPreset } from '../../../lib/presets.ts'
import { call } from '../../../lib/rpc.ts'
import { setThinks } from '../../../lib/thinking.ts'
import { filledIn } from '../../../lib/variables.ts'
import { setFormat, setText } from '../actions.ts'
import { draftKey, draftOf, updateDraft } from '../draft.ts'
import { planPrepare } from '../prepare.ts'
import { dropWish } from './wish.ts'

/**
 * Puts a preset's words behind what is typed already, and has the conversation asked as it says; where another one had been chosen,
 * it takes its place. What cannot be had, as a model that is not here, is said in the composer.
 */
export async function insertPreset(
  conversationId: string | null,
  preset: Preset,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  dropWish()
  const key = draftKey(conversationId)
  const words = filledIn(preset.prompt, values)
  setText(conversationId, [draftOf(key).text.trimEnd(), words].filter(Boolean).join('\n'))
  if (preset.format) setFormat(conversationId, preset.format)
  if (preset.thinking) setThinks(conversationId, preset.thinking === 'on')
  applyPreset(conversationId, appliedOf(preset, values))
  planPrepare(conversationId, 'pictures')
  announce(t`Preset ${preset.name} chosen.`)
  try {
    if (preset.model !== null) await switchTo(preset.model)
  } catch (thrown) {
    const error = toAppError(thrown).toInfo()
    updateDraft(key, (draft) => ({ ...draft, error }))
  }
}

/** Makes the model of this name the current one. @throws AppError ModelNotFound, and what switching throws. */
async function switchTo(name: string): Promise<void> {
  const wanted = (await modelsNow()).find(({ model }) => model.name.toLowerCase() === name.toLowerCase())
  if (!wanted)
    throw new AppError(
      'ModelNotFound',
      t`The preset asks with “${name}”, which is not on this computer. Get it on the models page, or ask the current model.`,
    )
  if (!wanted.isCurrent) await call((core) => core.models.choose({ id: wanted.model.id }))
}
