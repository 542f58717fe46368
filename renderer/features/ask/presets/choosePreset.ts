import { t } from '@lingui/core/macro'
import type { Preset } from '#contract'
import { announce } from '../../../lib/announce.ts'
import { variablesIn } from '../../../lib/variables.ts'
import { usePresetWish } from './wish.ts'

/** Chooses a preset for the question that is composed; one with variables asks for them first. Returns whether it does. */
export function choosePreset(conversationId: string | null, preset: Preset): boolean {
  const variables = variablesIn(preset.prompt, preset.systemPrompt)
  if (variables.length > 0) usePresetWish.setState({ wish: { conversationId, preset, variables } })
  // what puts it in is not part of the first view
  else
    import('./insertPreset.ts').then(
      ({ insertPreset }) => insertPreset(conversationId, preset, {}),
      () => announce(t`This part of the window could not be loaded. Load the window again.`),
    )
  return variables.length > 0
}
