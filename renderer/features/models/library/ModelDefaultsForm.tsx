import type { ReactNode } from 'react'
import { noOverrides, type LibraryModel, type OverridesChange } from '#contract'
import { Button } from '../../../components/primitives/Button.tsx'
import { ErrorNote } from '../../../components/primitives/ErrorNote.tsx'
import { NumberSetting } from '../../../components/primitives/NumberSetting.tsx'
import { SamplingSettings } from '../../../components/models/SamplingSettings.tsx'
import { Segmented } from '../../../components/primitives/Segmented.tsx'
import { SettingRow } from '../../../components/primitives/SettingRow.tsx'
import { SystemPrompt } from '../../../components/models/SystemPrompt.tsx'
import { budgetOf, detailOf, type Detail } from '../../../lib/detail.ts'
import { changedWords } from './listing.ts'
import { PlacementForm } from './PlacementForm.tsx'
import { changeOverrides } from './store.ts'
import { useAttempt } from './useAttempt.ts'

const details = [
  { value: 'model', label: 'As in settings' },
  { value: 'low', label: 'Low' },
  { value: 'medium', label: 'Medium' },
  { value: 'high', label: 'High' },
  { value: 'full', label: 'Full' },
] as const

const prompts = [
  { value: 'chat', label: 'As a chat' },
  { value: 'raw', label: 'As plain text' },
] as const

/** The defaults of one model. An empty one is as in the settings, or as the model has it. */
export function ModelDefaultsForm({ model: { model, overrides, trainedContext } }: { model: LibraryModel }): ReactNode {
  const { error, attempt } = useAttempt()
  const set = (change: OverridesChange): void => void attempt(() => changeOverrides(model.id, change))
  const detail = detailOf(overrides.budget)
  const setDetail = (next: Detail): void => {
    if (next !== 'custom') set({ budget: next === 'model' ? null : budgetOf(next) })
  }
  return (
    <div className="flex flex-col gap-4 pt-2 pb-4">
      {error ? <ErrorNote message={error.message} /> : null}
      <PlacementForm
        model={model}
        placement={overrides.placement}
        trainedContext={trainedContext}
        onChange={(placement) => set({ placement })}
      />
      <div className="flex flex-col items-start gap-1.5">
        <p>Picture detail</p>
        <Segmented
          label="Picture detail for this model"
          value={detail === 'custom' ? null : detail}
          options={details}
          onChange={setDetail}
        />
      </div>
      <SettingRow label="Longest answer">
        <NumberSetting
          label="Longest answer for this model in tokens"
          value={overrides.maxTokens}
          fallback={model.defaults.maxTokens}
          min={1}
          max={131_072}
          step={64}
          onChange={(maxTokens) => set({ maxTokens })}
        />
      </SettingRow>
      <SystemPrompt
        note="Takes the place of the one in the settings. Empty: as in the settings."
        value={overrides.systemPrompt ?? ''}
        onChange={(text) => set({ systemPrompt: text === '' ? null : text })}
      />
      <div className="flex flex-col items-start gap-1.5">
        <p>Prompt</p>
        <Segmented
          label="Prompt for this model"
          value={overrides.rawPrompt ? 'raw' : 'chat'}
          options={prompts}
          onChange={(prompt) => set({ rawPrompt: prompt === 'raw' ? true : null })}
        />
        <p className="text-muted">
          As plain text: for base models, which go on from what you write instead of answering it. Only there a token
          that you write, such as &lt;|im_end|&gt;, counts as one.
        </p>
      </div>
      <SamplingSettings
        sampling={overrides.sampling}
        defaults={model.defaults.sampling}
        onChange={(sampling) => set({ sampling })}
      />
      {changedWords(overrides) === null ? null : (
        <Button className="self-start" onClick={() => set(noOverrides)}>
          Everything as in the settings
        </Button>
      )}
    </div>
  )
}
