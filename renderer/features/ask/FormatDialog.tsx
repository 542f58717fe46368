import { t } from '@lingui/core/macro'
import type { ChosenFormat } from '#contract'
import { useEffect, useId, useRef, useState } from 'react'
import type { FormEvent, ReactNode } from 'react'
import { Button } from '../../components/primitives/Button.tsx'
import { DialogFrame } from '../../components/primitives/Dialog.tsx'
import { ErrorNote } from '../../components/primitives/Feedback.tsx'
import { fieldClass } from '../../components/primitives/TextField.tsx'
import { cx } from '../../lib/cx.ts'
import { toAppError } from '../../lib/errors.ts'
import { checkSchema, offsetOf, titleOf } from './formats.ts'
import type { SchemaCheck } from './formats.ts'

/** After the last key a schema is checked, ms. */
const PAUSE_MS = 200
const EXAMPLE =
  '{\n  "type": "object",\n  "properties": {\n    "name": { "type": "string" }\n  },\n  "required": ["name"]\n}'

/** Takes a JSON schema of one's own and says at once whether an answer can be held to it. */
export function FormatDialog({
  open,
  onOpenChange,
  onChoose,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  onChoose: (format: ChosenFormat) => void
}): ReactNode {
  return (
    <DialogFrame
      open={open}
      onOpenChange={onOpenChange}
      title={t`Own JSON schema`}
      description={t`The answer is held to it, token by token.`}
    >
      <SchemaForm
        onChoose={(format) => {
          onChoose(format)
          onOpenChange(false)
        }}
      />
    </DialogFrame>
  )
}

function SchemaForm({ onChoose }: { onChoose: (format: ChosenFormat) => void }): ReactNode {
  const id = useId()
  const field = useRef<HTMLTextAreaElement>(null)
  const [name, setName] = useState('')
  const [schema, setSchema] = useState('')
  const check = useCheck(schema)
  const { problem, place } = check ?? { problem: null, place: null }
  const choose = (event: FormEvent): void => {
    event.preventDefault()
    // this form stands in the composer's, which would send the question
    event.stopPropagation()
    if (check?.problem === null) onChoose({ name: name.trim() || titleOf(schema) || t`Own format`, schema })
  }
  const show = (at: { line: number; column: number }): void => {
    const offset = offsetOf(schema, at)
    field.current?.focus()
    field.current?.setSelectionRange(offset, Math.min(schema.length, offset + 1))
  }
  return (
    <form onSubmit={choose} className="flex flex-col gap-4">
      <div>
        <label htmlFor={`${id}-schema`}>{t`JSON schema`}</label>
        <textarea
          ref={field}
          id={`${id}-schema`}
          rows={12}
          spellCheck={false}
          maxLength={200_000}
          placeholder={EXAMPLE}
          value={schema}
          onChange={(event) => setSchema(event.target.value)}
          aria-invalid={problem !== null}
          aria-describedby={problem === null ? undefined : `${id}-problem`}
          className={cx(fieldClass, 'mt-1.5 max-h-[50dvh] min-h-40 resize-y font-mono text-small')}
        />
        <div id={`${id}-problem`} aria-live="polite">
          {problem === null ? null : (
            <ErrorNote message={problem} className="mt-2">
              {place ? <Button onClick={() => show(place)}>{t`Show the place`}</Button> : null}
            </ErrorNote>
          )}
        </div>
      </div>
      <div>
        <label htmlFor={`${id}-name`}>{t`Name`}</label>
        <input
          id={`${id}-name`}
          maxLength={80}
          placeholder={titleOf(schema) || t`Own format`}
          value={name}
          onChange={(event) => setName(event.target.value)}
          className={cx(fieldClass, 'mt-1.5 h-8')}
        />
      </div>
      <div className="flex justify-end">
        <Button kind="primary" type="submit" disabled={check?.problem !== null}>
          {t`Use this format`}
        </Button>
      </div>
    </form>
  )
}

/** What the core says of a schema; null while that is not known, and of an empty one. */
function useCheck(schema: string): SchemaCheck | null {
  const [checked, setChecked] = useState<{ readonly schema: string; readonly check: SchemaCheck } | null>(null)
  useEffect(() => {
    if (schema.trim() === '') return
    const abort = new AbortController()
    const tell = (check: SchemaCheck): void => {
      if (!abort.signal.aborted) setChecked({ schema, check })
    }
    const timer = setTimeout(() => {
      checkSchema(schema, abort.signal).then(tell, (thrown: unknown) =>
        tell({ problem: toAppError(thrown).message, place: null }),
      )
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [schema])
  return checked?.schema === schema ? checked.check : null
}
