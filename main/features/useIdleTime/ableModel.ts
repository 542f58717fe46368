import type { Profile } from '#contract'
import type { Engine } from '../../engine/index.ts'
import type { Chosen, Models } from '../../services/models/index.ts'

export interface AbleModelParts {
  readonly models: Pick<Models, 'chosen'>
  readonly profileOf: (chosen: Chosen) => Profile | null
  readonly engine: Pick<Engine, 'state'>
}

/** Whether the chosen model is in memory: none is loaded for work that nobody waits for. */
export function isInMemory({ model }: Chosen, { state }: Pick<Engine, 'state'>): boolean {
  const { textPath, projectorPath } = state.model ?? {}
  return state.state === 'ready' && textPath === model.textPath && projectorPath === model.projectorPath
}

/** Whether a model takes questions in words of any kind: fine-tunes have forms of their own, base models were taught none. */
export const takesAnyQuestion = (chosen: Chosen, profileOf: AbleModelParts['profileOf']): boolean =>
  !chosen.overrides.rawPrompt && profileOf(chosen) === null
