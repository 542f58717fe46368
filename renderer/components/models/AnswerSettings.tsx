import { t } from '@lingui/core/macro'
import type { Sampling } from '#contract'
import { useId, useState } from 'react'
import type { ReactNode } from 'react'
import { Button } from '../primitives/Button.tsx'
import { NumberSetting } from '../primitives/FormControls.tsx'
import { SettingRow } from '../primitives/SettingRow.tsx'
import { fieldClass } from '../primitives/TextField.tsx'

type Key = keyof Sampling

/** Every sampling value with its range, in the order in which the samplers are applied. */
export const samplingFields: readonly {
  key: Key
  label: string
  note: string
  min: number
  max: number
  step: number
}[] = [
  {
    key: 'temperature',
    label: t`Temperature`,
    note: t`0 always takes the likeliest word.`,
    min: 0,
    max: 5,
    step: 0.05,
  },
  {
    key: 'topP',
    label: t`Top-p`,
    note: t`Only words that make up this share of likelihood. 1 keeps all.`,
    min: 0,
    max: 1,
    step: 0.01,
  },
  {
    key: 'topK',
    label: t`Top-k`,
    note: t`Only this many of the likeliest words. 0 keeps all.`,
    min: 0,
    max: 100_000,
    step: 1,
  },
  {
    key: 'minP',
    label: t`Min-p`,
    note: t`Drops words this much less likely than the best one.`,
    min: 0,
    max: 1,
    step: 0.01,
  },
  { key: 'repeatPenalty', label: t`Repetition penalty`, note: t`1 is none.`, min: 0.1, max: 5, step: 0.05 },
  {
    key: 'seed',
    label: t`Seed`,
    note: t`The same seed gives the same answer. Empty: a new one each time.`,
    min: 0,
    max: 4_294_967_295,
    step: 1,
  },
]

/** The sampling settings: the model's own, or the user's. Changing one value takes over the others as they are. */
export function SamplingSettings({
  sampling,
  defaults,
  onChange,
}: {
  sampling: Sampling | null
  defaults: Sampling | null
  onChange: (sampling: Sampling | null) => void
}): ReactNode {
  const base = sampling ?? defaults
  if (!base) return null
  const set = (key: Key, value: number | null): void => {
    if (value === null && key !== 'seed') return onChange(defaults ? { ...base, [key]: defaults[key] } : null)
    onChange({ ...base, [key]: value })
  }
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 border-t border-hairline pt-4">
      <div className="flex min-h-8 items-center justify-between gap-4">
        <legend className="float-left font-medium">{t`How words are chosen`}</legend>
        {sampling ? (
          <Button onClick={() => onChange(null)}>{t`Use the model’s defaults`}</Button>
        ) : (
          <span className="text-muted">{t`Model default`}</span>
        )}
      </div>
      {samplingFields.map(({ key, label, note, min, max, step }) => (
        <SettingRow key={key} label={label} note={note}>
          <NumberSetting
            label={label}
            value={sampling?.[key] ?? null}
            fallback={key === 'seed' ? null : (defaults?.[key] ?? null)}
            min={min}
            max={max}
            step={step}
            onChange={(value) => set(key, value)}
          />
        </SettingRow>
      ))}
    </fieldset>
  )
}

/** Instructions that come before every conversation; stored when the field is left. */
export function SystemPrompt({
  note = t`Instructions that come before every conversation.`,
  value,
  onChange,
}: {
  note?: string
  value: string
  onChange: (text: string) => void
}): ReactNode {
  const id = useId()
  const [text, setText] = useState<string | null>(null)
  return (
    <div>
      <label htmlFor={id}>{t`System prompt`}</label>
      <p className="text-muted">{note}</p>
      <textarea
        id={id}
        rows={3}
        maxLength={100_000}
        placeholder={t`For example: Answer briefly.`}
        value={text ?? value}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => {
          if (text !== null && text !== value) onChange(text)
          setText(null)
        }}
        className={`${fieldClass} mt-1.5 max-h-60 min-h-16 resize-y`}
      />
    </div>
  )
}
