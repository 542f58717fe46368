import type { AppliedPreset, ListedPreset, Preset } from '#contract'
import { create } from 'zustand'
import { createChosen } from './chosenIn.ts'
import { budgetOf, useFamily } from './detail.ts'
import { follow } from './follow.ts'
import { call, connection } from './rpc.ts'
import { filledIn } from './variables.ts'

/** The presets as the core has them, the user's own first. */
export const usePresets = create<{ readonly presets: readonly ListedPreset[] }>(() => ({ presets: [] }))

/** Keeps the presets up to date until `signal` aborts. */
export const followPresets = (signal: AbortSignal): Promise<void> =>
  follow<ListedPreset[]>({
    connection,
    signal,
    subscribe: (core, round) => core.presets.watch(undefined, { signal: round }),
    onEvent: (presets) => usePresets.setState({ presets }),
  })

/** Keeps a preset of the user's own: a new one (null), or in the place of the one with this id. */
export const savePreset = (id: string | null, preset: Preset): Promise<ListedPreset> =>
  call((core) => (id === null ? core.presets.create({ preset }) : core.presets.update({ id, preset })))

const applied = createChosen<AppliedPreset>()

/** What a preset set for a conversation, as it changes; null: nothing. */
export const useAppliedPreset = applied.useIn

/** What a question of a conversation says of presets; unset: nothing. */
export function presetIn(conversationId: string | null): { preset?: AppliedPreset } {
  const preset = applied.in(conversationId)
  return preset ? { preset } : {}
}

/** Sets what a preset sets from the next question on; null: nothing any more. */
export const applyPreset = (conversationId: string | null, preset: AppliedPreset | null): void =>
  void applied.set(conversationId, preset)

/** Tells of every conversation for which that changes; null: the one that the next question starts. */
export const onPreset = applied.onChange

/** A new conversation has been started: what a preset set for it is its own from now on, and the next one begins without. */
export const keepPreset = applied.keep

/** What a preset sets for a conversation; null: nothing. */
export function appliedOf(preset: Preset, values: Readonly<Record<string, string>>): AppliedPreset | null {
  const { name, systemPrompt, sampling, detail, contextTokens, maxTokens } = preset
  const settings = {
    ...(systemPrompt.trim() !== '' && { systemPrompt: filledIn(systemPrompt, values) }),
    ...(Object.keys(sampling).length > 0 && { sampling }),
    ...(detail && { budget: budgetOf(detail, useFamily.getState().family) }),
    ...(contextTokens !== null && { contextTokens }),
    ...(maxTokens !== null && { maxTokens }),
  }
  return Object.keys(settings).length > 0 ? { name, ...settings } : null
}
