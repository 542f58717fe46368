import { t } from '@lingui/core/macro'
import { useId } from 'react'
import type { ReactNode } from 'react'
import { Button } from '../../components/primitives/Button.tsx'
import { TextField } from '../../components/primitives/TextField.tsx'
import { announce } from '../../lib/announce.ts'
import { toAppError } from '../../lib/errors.ts'
import { useHost } from '../../lib/host.ts'
import { pickModelFile } from './library/store.ts'

/** A path on this computer; with a button that picks a file where the shell can. */
export function PathField({
  label,
  note,
  placeholder,
  kind = 'file',
  value,
  onChange,
}: {
  label: string
  note?: string
  placeholder: string
  /** A folder cannot be picked, only typed. */
  kind?: 'file' | 'folder'
  value: string
  onChange: (path: string) => void
}): ReactNode {
  const id = useId()
  const canPick = useHost((state) => state.host?.capabilities.fileDialogs ?? false) && kind === 'file'
  const pick = (): void => {
    pickModelFile(t`Choose: ${label}`).then(
      (path) => path !== null && onChange(path),
      (thrown: unknown) => announce(toAppError(thrown).message),
    )
  }
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      {note ? (
        <p id={`${id}-note`} className="text-muted">
          {note}
        </p>
      ) : null}
      <div className="mt-1 flex gap-2">
        <TextField
          id={id}
          aria-describedby={note ? `${id}-note` : undefined}
          spellCheck={false}
          autoComplete="off"
          maxLength={4096}
          placeholder={placeholder}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          className="h-8 min-w-0 flex-1 font-mono text-small"
        />
        {canPick ? <Button onClick={pick}>{t`Browse`}</Button> : null}
      </div>
    </div>
  )
}
