import { t } from '@lingui/core/macro'
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
import { tokens } from '../../lib/format.ts'
import { isCatalogueComplete } from '../../lib/language.ts'
import { updateSettings, useSettings } from './store.ts'

const themes = [
  { value: 'system', label: t`System` },
  { value: 'light', label: t`Light` },
  { value: 'dark', label: t`Dark` },
] as const

const details = [
  { value: 'model', label: t`Model default` },
  { value: 'low', label: t`Low` },
  { value: 'medium', label: t`Medium` },
  { value: 'high', label: t`High` },
  { value: 'full', label: t`Full` },
] as const

/** Minutes after which an unused model leaves memory; `never` keeps it. */
const idleTimes = [
  { value: '5', label: t`5 min` },
  { value: '15', label: t`15 min` },
  { value: '60', label: t`1 hour` },
  { value: 'never', label: t`Never` },
] as const

/** Who gives a conversation its title. */
const titles = [
  { value: 'model', label: t`By the model` },
  { value: 'question', label: t`From the question` },
] as const

/** When pictures are described. */
const describing = [
  { value: 'asked', label: t`When asked` },
  { value: 'idle', label: t`When idle` },
] as const

const visions = VisionSetting.options.map((value) => ({ value, label: visionLabels[value] }))
const visionNote = [
  t`${visionLabels.exact}: in single precision, the same numbers at every run; takes the most time and memory.`,
  t`${visionLabels.balanced}: as fast as changes next to nothing in what the model sees.`,
  t`${visionLabels.fastest}: in 8 bits everywhere, a little less exact.`,
].join(' ')

const languages = [
  { value: 'system', label: t`System` },
  // each in its own words, so that it is found by those who know no other
  { value: 'en', label: 'English' },
  { value: 'zh-Hans', label: '简体中文' },
] as const

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
    <DialogFrame open={open} onOpenChange={onOpenChange} title={t`Settings`}>
      {error ? <ErrorNote message={error.message} className="mb-3" /> : null}
      <div className="flex flex-col gap-5">
        <SettingRow label={t`Theme`}>
          <Segmented
            label={t`Theme`}
            value={settings.theme}
            options={themes}
            onChange={(theme) => void updateSettings({ theme })}
          />
        </SettingRow>
        {isCatalogueComplete ? (
          <SettingRow label={t`Language`} note={t`The window is loaded again in it.`}>
            <Segmented
              label={t`Language`}
              value={settings.language}
              options={languages}
              onChange={(language) => void updateSettings({ language })}
            />
          </SettingRow>
        ) : null}
        <SettingRow
          label={t`Picture detail`}
          note={[
            budget ? t`A picture takes up to ${tokens(maxTokensOf(budget, family))}.` : null,
            t`More detail reads smaller things and takes longer.`,
            detail in detailLevels || detail === 'model' ? null : t`A custom budget is set.`,
          ]
            .filter((one) => one !== null)
            .join(' ')}
        >
          <Segmented
            label={t`Picture detail`}
            value={detail === 'custom' ? null : detail}
            options={details}
            onChange={setDetail}
          />
        </SettingRow>
        <SettingRow label={t`Longest answer`} note={t`In tokens; a token is about three quarters of a word.`}>
          <NumberSetting
            label={t`Longest answer in tokens`}
            value={settings.maxTokens}
            fallback={defaults?.maxTokens ?? null}
            min={1}
            max={131_072}
            step={64}
            onChange={(maxTokens) => void updateSettings({ maxTokens })}
          />
        </SettingRow>
        <SettingRow
          label={t`Longest thought`}
          note={t`In tokens, where a model thinks before it answers. Empty: as long as the context leaves room for the answer.`}
        >
          <NumberSetting
            label={t`Longest thought in tokens`}
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
          label={t`Looking at pictures`}
          note={`${visionNote} ${
            looksOnGpu
              ? t`The graphics card looks at pictures here: this counts only where the processor does.`
              : t`Counts from the next question on.`
          }`}
        >
          <Segmented
            label={t`Looking at pictures`}
            value={settings.vision}
            options={visions}
            onChange={(vision) => void updateSettings({ vision })}
          />
        </SettingRow>
        <SettingRow label={t`Unload an unused model`} note={t`It frees its memory; the next question loads it again.`}>
          <Segmented
            label={t`Unload an unused model after`}
            value={settings.engineIdleMinutes === null ? 'never' : String(settings.engineIdleMinutes)}
            options={idleTimes}
            onChange={(after) => void updateSettings({ engineIdleMinutes: after === 'never' ? null : Number(after) })}
          />
        </SettingRow>
        <SettingRow
          label={t`Titles of conversations`}
          note={t`The model writes one after its first answer, while it has nothing else to do. A title of yours stays.`}
        >
          <Segmented
            label={t`Titles of conversations`}
            value={settings.titlesByModel ? 'model' : 'question'}
            options={titles}
            onChange={(by) => void updateSettings({ titlesByModel: by === 'model' })}
          />
        </SettingRow>
        <SettingRow
          label={t`Describe pictures`}
          note={t`So that search finds what is in them: one at a time, while nothing is asked and the model is in memory. The gallery has single ones described.`}
        >
          <Segmented
            label={t`Describe pictures`}
            value={settings.describePictures ? 'idle' : 'asked'}
            options={describing}
            onChange={(when) => void updateSettings({ describePictures: when === 'idle' })}
          />
        </SettingRow>
        <SettingRow label={t`Presets`} note={t`Ways of asking by their names, to change, share and add.`}>
          <Button onClick={onPresets}>{t`Edit presets…`}</Button>
        </SettingRow>
        {capture}
        <fieldset className="min-w-0 border-t border-hairline pt-4">
          <legend className="float-left mb-2 font-medium">{t`Where models come from`}</legend>
          <div className="clear-both">{sources}</div>
        </fieldset>
        <fieldset className="min-w-0 border-t border-hairline pt-4">
          <legend className="float-left mb-2 font-medium">{t`Profiles for fine-tunes`}</legend>
          <div className="clear-both">{profiles}</div>
        </fieldset>
        <div className="border-t border-hairline pt-4">
          <SettingRow
            label={t`Conversations`}
            note={t`Import those of other programs or of another computer; export several or all of them.`}
          >
            <div className="flex gap-2">
              <Button onClick={onImport}>{t`Import…`}</Button>
              <Button disabled={onExport === null} onClick={() => onExport?.()}>{t`Export…`}</Button>
            </div>
          </SettingRow>
        </div>
        <div className="flex flex-col gap-5 border-t border-hairline pt-4">
          <SettingRow label={t`Keyboard shortcuts`}>
            <Button onClick={onShortcuts}>{t`Show`}</Button>
          </SettingRow>
          <SettingRow label={t`Diagnostics`} note={t`Versions, devices, memory, the last errors and the log, to copy.`}>
            <Button onClick={onDiagnostics}>{t`Open`}</Button>
          </SettingRow>
        </div>
      </div>
    </DialogFrame>
  )
}
