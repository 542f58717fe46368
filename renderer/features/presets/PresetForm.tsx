import { t } from '@lingui/core/macro'
import type { ErrorInfo, Preset } from '#contract'
import { useId, useState } from 'react'
import type { ReactNode } from 'react'
import { samplingFields } from '../../components/models/AnswerSettings.tsx'
import { Button } from '../../components/primitives/Button.tsx'
import { Disclosure } from '../../components/primitives/Disclosure.tsx'
import { ErrorNote } from '../../components/primitives/Feedback.tsx'
import { NumberSetting, Segmented } from '../../components/primitives/FormControls.tsx'
import { SettingRow } from '../../components/primitives/SettingRow.tsx'
import { TextField, fieldClass } from '../../components/primitives/TextField.tsx'
import { announce } from '../../lib/announce.ts'
import { cx } from '../../lib/cx.ts'
import { detailLevels } from '../../lib/detail.ts'
import { toAppError } from '../../lib/errors.ts'
import { keep } from './editing.ts'
import type { Edited } from './editing.ts'
import { Format, Values } from './formParts.tsx'

type DetailChoice = keyof typeof detailLevels | 'same'

const details: readonly { readonly value: DetailChoice; readonly label: string }[] = [
  { value: 'same', label: t`As it is` },
  { value: 'low', label: detailLevels.low.label },
  { value: 'medium', label: detailLevels.medium.label },
  { value: 'high', label: detailLevels.high.label },
  { value: 'full', label: detailLevels.full.label },
]
const thinkings = [
  { value: 'same', label: t`As it is` },
  { value: 'on', label: t`Think first` },
  { value: 'off', label: t`Answer at once` },
] as const

/** Everything that a preset can hold; what is changed is told at once, and kept by the button. */
export function PresetForm({
  edited,
  models,
  onChange,
  onDone,
}: {
  edited: Edited
  models: readonly string[]
  onChange: (edited: Edited) => void
  onDone: () => void
}): ReactNode {
  const { preset } = edited
  const [error, setError] = useState<ErrorInfo | null>(null)
  const id = useId()
  const set = (change: Partial<Preset>): void => {
    setError(null)
    onChange({ ...edited, preset: { ...preset, ...change } })
  }
  const save = async (): Promise<void> => {
    try {
      const { preset: kept } = await keep(edited)
      announce(t`The preset ${kept.name} is kept.`)
      onDone()
    } catch (thrown) {
      setError(toAppError(thrown).toInfo())
    }
  }
  const text = (key: 'prompt' | 'systemPrompt', label: string, rows: number, note: string): ReactNode => (
    <div>
      <label htmlFor={`${id}-${key}`}>{label}</label>
      <textarea
        id={`${id}-${key}`}
        rows={rows}
        dir="auto"
        maxLength={100_000}
        aria-describedby={`${id}-${key}-note`}
        value={preset[key]}
        onChange={(event) => set({ [key]: event.target.value })}
        className={`${fieldClass} mt-1.5 max-h-60 min-h-16 resize-y`}
      />
      <p id={`${id}-${key}-note`} className="mt-1 text-small text-muted">
        {note}
      </p>
    </div>
  )
  const line = (key: 'name' | 'about', label: string, maxLength: number): ReactNode => (
    <div>
      <label htmlFor={`${id}-${key}`}>{label}</label>
      <TextField
        {...(key === 'name' && { 'data-begin': true })}
        id={`${id}-${key}`}
        maxLength={maxLength}
        autoComplete="off"
        value={preset[key]}
        onChange={(event) => set({ [key]: event.target.value })}
        className="mt-1.5 h-8"
      />
    </div>
  )
  return (
    <div className="flex flex-col gap-4">
      {line('name', t`Name`, 80)}
      {line('about', t`What it is for`, 300)}
      {text(
        'prompt',
        t`Question`,
        4,
        t`Write ${`{{${t`a word`}}}`} for what is asked for whenever the preset is chosen.`,
      )}
      <Values preset={preset} onChange={(values) => set({ values })} />
      {text('systemPrompt', t`System prompt`, 2, t`Takes the place of the one in the settings.`)}
      <Format format={preset.format} onChange={(format) => set({ format })} />
      <div className="flex flex-col gap-4 border-t border-hairline pt-4">
        <SettingRow label={t`Picture detail`}>
          <Segmented
            label={t`Picture detail of the preset`}
            value={preset.detail ?? 'same'}
            options={details}
            onChange={(detail) => set({ detail: detail === 'same' ? null : detail })}
          />
        </SettingRow>
        <SettingRow label={t`Model`} note={t`It is switched to where it is on this computer.`}>
          <select
            aria-label={t`Model of the preset`}
            value={preset.model ?? ''}
            onChange={(event) => set({ model: event.target.value || null })}
            className={cx(fieldClass, 'h-8 max-w-64 py-0!')}
          >
            <option value="">{t`As it is`}</option>
            {[...new Set([...models, ...(preset.model === null ? [] : [preset.model])])].map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </SettingRow>
        <SettingRow label={t`Longest answer`} note={t`In tokens.`}>
          <NumberSetting
            label={t`Longest answer of the preset in tokens`}
            value={preset.maxTokens}
            fallback={null}
            min={1}
            max={131_072}
            step={64}
            onChange={(maxTokens) => set({ maxTokens })}
          />
        </SettingRow>
        <SettingRow label={t`Context`} note={t`In tokens, at the least. A larger one loads the model again.`}>
          <NumberSetting
            label={t`Context of the preset in tokens`}
            value={preset.contextTokens}
            fallback={null}
            min={256}
            max={1_048_576}
            step={1024}
            onChange={(contextTokens) => set({ contextTokens })}
          />
        </SettingRow>
        <SettingRow label={t`Thinking`} note={t`Where the model has a switch for it.`}>
          <Segmented
            label={t`Thinking of the preset`}
            value={preset.thinking ?? 'same'}
            options={thinkings}
            onChange={(thinking) => set({ thinking: thinking === 'same' ? null : thinking })}
          />
        </SettingRow>
        <Disclosure label={t`How words are chosen`}>
          <div className="flex flex-col gap-3 pt-2">
            {samplingFields.map(({ key, label, note, min, max, step }) => (
              <SettingRow key={key} label={label} note={note}>
                <NumberSetting
                  label={t`${label} of the preset`}
                  value={preset.sampling[key] ?? null}
                  fallback={null}
                  min={min}
                  max={max}
                  step={step}
                  onChange={(value) => {
                    const { [key]: _, ...others } = preset.sampling
                    set({ sampling: value === null ? others : { ...others, [key]: value } })
                  }}
                />
              </SettingRow>
            ))}
          </div>
        </Disclosure>
      </div>
      {error ? <ErrorNote message={error.message} /> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>{t`Cancel`}</Button>
        <Button
          kind="primary"
          disabled={preset.name.trim() === ''}
          onClick={() => void save()}
        >{t`Keep this preset`}</Button>
      </div>
    </div>
  )
}
