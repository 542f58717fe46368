import { t } from '@lingui/core/macro'
import { useId, useState } from 'react'
import type { FormEvent, ReactNode } from 'react'
import { Button } from '../../../components/primitives/Button.tsx'
import { DialogFrame } from '../../../components/primitives/Dialog.tsx'
import { TextField } from '../../../components/primitives/TextField.tsx'
import { questionField } from '../../../lib/questionField.ts'
import { filledIn } from '../../../lib/variables.ts'
import { insertPreset } from './insertPreset.ts'
import { dropWish, usePresetWish } from './wish.ts'
import type { Wish } from './wish.ts'

/** Asks what the variables of the preset that was chosen stand for. */
export function VariablesDialog(): ReactNode {
  const wish = usePresetWish((state) => state.wish)
  return (
    <DialogFrame
      open={wish !== null}
      onOpenChange={(open) => open || dropWish()}
      title={wish?.preset.name ?? ''}
      {...(wish?.preset.about && { description: wish.preset.about })}
      finalFocus={questionField}
    >
      {wish ? <VariablesForm wish={wish} /> : null}
    </DialogFrame>
  )
}

function VariablesForm({ wish: { conversationId, preset, variables } }: { wish: Wish }): ReactNode {
  const id = useId()
  const [values, setValues] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(variables.map((name) => [name, preset.values[name] ?? ''])),
  )
  const isFilled = variables.every((name) => values[name]?.trim())
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    // this form stands in the composer's, which would send the question
    event.stopPropagation()
    if (isFilled) void insertPreset(conversationId, preset, values)
  }
  const preview = filledIn(
    preset.prompt,
    Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim() !== '')),
  )
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {variables.map((name, index) => (
        <div key={name}>
          <label htmlFor={`${id}-${index}`} className="first-letter:uppercase inline-block">
            {name}
          </label>
          <TextField
            id={`${id}-${index}`}
            autoFocus={index === 0}
            autoComplete="off"
            maxLength={2000}
            value={values[name] ?? ''}
            onFocus={(event) => event.target.select()}
            onChange={(event) => setValues({ ...values, [name]: event.target.value })}
            className="mt-1.5 h-8"
          />
        </div>
      ))}
      {preview === '' ? null : (
        <p className="max-h-40 overflow-y-auto text-muted [overflow-wrap:anywhere] whitespace-pre-wrap">{preview}</p>
      )}
      <div className="flex justify-end">
        <Button kind="primary" type="submit" disabled={!isFilled}>
          {t`Put into the question`}
        </Button>
      </div>
    </form>
  )
}
