import { t } from '@lingui/core/macro'
import { readyFormats } from '#contract'
import type { Preset } from '#contract'
import { useId } from 'react'
import type { ReactNode } from 'react'
import { TextField, fieldClass } from '../../components/primitives/TextField.tsx'
import { cx } from '../../lib/cx.ts'
import { variablesIn } from '../../lib/variables.ts'

/** What each variable of the texts stands for at first. */
export function Values({
  preset: { prompt, systemPrompt, values },
  onChange,
}: {
  preset: Preset
  onChange: (values: Preset['values']) => void
}): ReactNode {
  const names = variablesIn(prompt, systemPrompt)
  if (names.length === 0) return null
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="float-left mb-1.5">{t`What is offered for each variable`}</legend>
      {names.map((name) => (
        <label key={name} className="clear-both grid grid-cols-[8rem_1fr] items-center gap-3">
          <span className="truncate text-muted" title={name}>
            {name}
          </span>
          <TextField
            maxLength={2000}
            autoComplete="off"
            value={values[name] ?? ''}
            onChange={(event) => onChange({ ...values, [name]: event.target.value })}
            className="h-8"
          />
        </label>
      ))}
    </fieldset>
  )
}

const OWN = 'own'

/** What the answer is held to: nothing, a ready format, or a JSON schema of one's own. */
export function Format({
  format,
  onChange,
}: {
  format: Preset['format']
  onChange: (format: Preset['format']) => void
}): ReactNode {
  const id = useId()
  const isReady =
    format !== null && readyFormats.some(({ name, schema }) => name === format.name && schema === format.schema)
  const choose = (value: string): void => {
    if (value === OWN) onChange({ name: t`Own format`, schema: format?.schema ?? '{\n  "type": "object"\n}' })
    else onChange(readyFormats.find(({ name }) => name === value) ?? null)
  }
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={`${id}-format`}>{t`Answer format`}</label>
      <select
        id={`${id}-format`}
        value={format === null ? '' : isReady ? format.name : OWN}
        onChange={(event) => choose(event.target.value)}
        className={cx(fieldClass, 'h-8 py-0!')}
      >
        <option value="">{t`None`}</option>
        {readyFormats.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
        <option value={OWN}>{t`Own JSON schema`}</option>
      </select>
      {format === null || isReady ? null : (
        <>
          <TextField
            aria-label={t`Name of the format`}
            maxLength={80}
            value={format.name}
            onChange={(event) => onChange({ ...format, name: event.target.value })}
            className="h-8"
          />
          <textarea
            aria-label={t`JSON schema`}
            rows={6}
            spellCheck={false}
            maxLength={200_000}
            value={format.schema}
            onChange={(event) => onChange({ ...format, schema: event.target.value })}
            className={`${fieldClass} max-h-60 min-h-24 resize-y font-mono text-small`}
          />
        </>
      )}
    </div>
  )
}
