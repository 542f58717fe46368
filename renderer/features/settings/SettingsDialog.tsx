import { VisionSetting } from '#contract'
import type { ModelDefaults } from '#contract'
import type { ReactNode } from 'react'
import { SamplingSettings, SystemPrompt } from '../../components/models/AnswerSettings.tsx'
import { Button } from '../../components/primitives/Button.tsx'
import { DialogFrame } from '../../components/primitives/Dialog.tsx'
import { ErrorNote } from '../../components/primitives/Feedback.tsx'
import { NumberSetting, Segmented } from '../../components/primitives/FormControls.tsx'
import { SettingRow } from '../../components/primitives/SettingRow.tsx'
import { budgetOf, detailLevels, detailOf, maxTokensOf, useFamily } from '../../lib/detail.ts'
import type { Detail } from '../../lib/detail.ts'
import { useEngine, visionLabels } from '../../lib/engine.ts'
import { count } from '../../lib/format.ts'
import { updateSettings, useSettings } from './store.ts'

const themes = [
  { value: 'system', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const

const details = [
  { value: 'model', label: 'Model default' },
  { value: 'low', label: 'Low' },
  { value: 'medium', label: 'Medium' },
  { value: 'high', label: 'High' },
  { value: 'full', label: 'Full' },
] as const

/** Minutes after which an unused model leaves memory; `never` keeps it. */
const idleTimes = [
  { value: '5', label: '5 min' },
  { value: '15', label: '15 min' },
  { value: '60', label: '1 hour' },
  { value: 'never', label: 'Never' },
] as const

/** Who gives a conversation its title. */
const titles = [
  { value: 'model', label: 'By the model' },
  { value: 'question', label: 'From the question' },
] as const

/** When pictures are described. */
const describing = [
  { value: 'asked', label: 'When asked' },
  { value: 'idle', label: 'When idle' },
] as const

const visions = VisionSetting.options.map((value) => ({ value, label: visionLabels[value] }))
const visionNote = [
  `${visionLabels.exact}: in single precision, the same numbers at every run; takes the most time and memory.`,
  `${visionLabels.balanced}: as fast as changes next to nothing in what the model sees.`,
  `${visionLabels.fastest}: in 8 bits everywhere, a little less exact.`,
].join(' ')

/** Everything a user can choose. `defaults` are the current model's own values; null while unknown. */
export function SettingsDialog({
  open,
  defaults,
  sources,
  profiles,
  capture,
  onImport,
  onExport,
  onPresets,
  onShortcuts,
  onDiagnostics,
  onOpenChange,
}: {
  open: boolean
  defaults: ModelDefaults | null
  /** Where models are downloaded from. */
  sources: ReactNode
  /** The profiles of the user's own. */
  profiles: ReactNode
  /** The keys that capture the screen; null where the shell cannot. */
  capture: ReactNode
  onImport: () => void
  /** null where there is nothing to export. */
  onExport: (() => void) | null
  onPresets: () => void
  onShortcuts: () => void
  onDiagnostics: () => void
  onOpenChange: (open: boolean) => void
}): ReactNode {
  const { settings, error } = useSettings()
  const { family } = useFamily()
  const looksOnGpu = useEngine(({ status }) => (status?.plan?.visionDevice ?? null) !== null)
  const detail = detailOf(settings.budget)
  const budget = settings.budget ?? defaults?.budget
  const setDetail = (next: Detail): void => {
    if (next === 'custom') return
    void updateSettings({ budget: next === 'model' ? null : budgetOf(next, family) })
  }
  return (
    <DialogFrame open={open} onOpenChange={onOpenChange} title="Settings">
      {error ? <ErrorNote message={error.message} className="mb-3" /> : null}
      <div className="flex flex-col gap-5">
        <SettingRow label="Theme">
          <Segmented
            label="Theme"
            value={settings.theme}
            options={themes}
            onChange={(theme) => void updateSettings({ theme })}
          />
        </SettingRow>
        <SettingRow
          label="Picture detail"
          note={`${budget ? `A picture takes up to ${count(maxTokensOf(budget, family))} tokens. ` : ''}More detail reads smaller things and takes longer.${
            detail in detailLevels || detail === 'model' ? '' : ' A custom budget is set.'
          }`}
        >
          <Segmented
            label="Picture detail"
            value={detail === 'custom' ? null : detail}
            options={details}
            onChange={setDetail}
          />
        </SettingRow>
        <SettingRow label="Longest answer" note="In tokens; a token is about three quarters of a word.">
          <NumberSetting
            label="Longest answer in tokens"
            value={settings.maxTokens}
            fallback={defaults?.maxTokens ?? null}
            min={1}
            max={131_072}
            step={64}
            onChange={(maxTokens) => void updateSettings({ maxTokens })}
          />
        </SettingRow>
        <SettingRow
          label="Longest thought"
          note="In tokens, where a model thinks before it answers. Empty: as long as the context leaves room for the answer."
        >
          <NumberSetting
            label="Longest thought in tokens"
            value={settings.thinkingBudget}
            fallback={null}
            min={1}
            max={131_072}
            step={64}
            onChange={(thinkingBudget) => void updateSettings({ thinkingBudget })}
          />
        </SettingRow>
        <SystemPrompt
          value={settings.systemPrompt}
          onChange={(systemPrompt) => void updateSettings({ systemPrompt })}
        />
        <SamplingSettings
          sampling={settings.sampling}
          defaults={defaults?.sampling ?? null}
          onChange={(sampling) => void updateSettings({ sampling })}
        />
        <SettingRow
          label="Looking at pictures"
          note={`${visionNote} ${
            looksOnGpu
              ? 'The graphics card looks at pictures here: this counts only where the processor does.'
              : 'Counts from the next question on.'
          }`}
        >
          <Segmented
            label="Looking at pictures"
            value={settings.vision}
            options={visions}
            onChange={(vision) => void updateSettings({ vision })}
          />
        </SettingRow>
        <SettingRow label="Unload an unused model" note="It frees its memory; the next question loads it again.">
          <Segmented
            label="Unload an unused model after"
            value={settings.engineIdleMinutes === null ? 'never' : String(settings.engineIdleMinutes)}
            options={idleTimes}
            onChange={(after) => void updateSettings({ engineIdleMinutes: after === 'never' ? null : Number(after) })}
          />
        </SettingRow>
        <SettingRow
          label="Titles of conversations"
          note="The model writes one after its first answer, while it has nothing else to do. A title of yours stays."
        >
          <Segmented
            label="Titles of conversations"
            value={settings.titlesByModel ? 'model' : 'question'}
            options={titles}
            onChange={(by) => void updateSettings({ titlesByModel: by === 'model' })}
          />
        </SettingRow>
        <SettingRow
          label="Describe pictures"
          note="So that search finds what is in them: one at a time, while nothing is asked and the model is in memory. The gallery has single ones described."
        >
          <Segmented
            label="Describe pictures"
            value={settings.describePictures ? 'idle' : 'asked'}
            options={describing}
            onChange={(when) => void updateSettings({ describePictures: when === 'idle' })}
          />
        </SettingRow>
        <SettingRow label="Presets" note="Ways of asking by their names, to change, share and add.">
          <Button onClick={onPresets}>Edit presets…</Button>
        </SettingRow>
        {capture}
        <fieldset className="min-w-0 border-t border-hairline pt-4">
          <legend className="float-left mb-2 font-medium">Where models come from</legend>
          <div className="clear-both">{sources}</div>
        </fieldset>
        <fieldset className="min-w-0 border-t border-hairline pt-4">
          <legend className="float-left mb-2 font-medium">Profiles for fine-tunes</legend>
          <div className="clear-both">{profiles}</div>
        </fieldset>
        <div className="border-t border-hairline pt-4">
          <SettingRow
            label="Conversations"
            note="Import those of other programs or of another computer; export several or all of them."
          >
            <div className="flex gap-2">
              <Button onClick={onImport}>Import…</Button>
              <Button disabled={onExport === null} onClick={() => onExport?.()}>
                Export…
              </Button>
            </div>
          </SettingRow>
        </div>
        <div className="flex flex-col gap-5 border-t border-hairline pt-4">
          <SettingRow label="Keyboard shortcuts">
            <Button onClick={onShortcuts}>Show</Button>
          </SettingRow>
          <SettingRow label="Diagnostics" note="Versions, devices, memory, the last errors and the log, to copy.">
            <Button onClick={onDiagnostics}>Open</Button>
          </SettingRow>
        </div>
      </div>
    </DialogFrame>
  )
}
