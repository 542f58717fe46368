import { useId, useState, type FormEvent, type ReactNode } from 'react'
import type { SourceName, ErrorInfo } from '#contract'
import { Button } from '../../../components/primitives/Button.tsx'
import { ErrorNote } from '../../../components/primitives/ErrorNote.tsx'
import { TextField } from '../../../components/primitives/TextField.tsx'
import { sourceNames } from '../../../components/models/SourceNote.tsx'
import { useAttempt } from '../library/useAttempt.ts'
import { setToken } from './store.ts'

/** Takes the access token that a source asks for; it is kept in the system's secret storage where there is one. */
export function TokenForm({
  source,
  action,
  onKept,
}: {
  source: SourceName
  action: string
  onKept: () => Promise<void>
}): ReactNode {
  const id = useId()
  const [token, setText] = useState('')
  const { busy, error, attempt } = useAttempt()
  const keep = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const kept = await attempt(() => setToken(source, token.trim()))
    if (!kept) return
    setText('')
    await onKept()
  }
  return (
    <form aria-label={`Token of ${sourceNames[source]}`} onSubmit={(event) => void keep(event)} className="mt-3">
      <label htmlFor={id}>Access token for {sourceNames[source]}</label>
      <div className="mt-1 flex gap-2">
        <TextField
          id={id}
          type="password"
          autoComplete="off"
          spellCheck={false}
          maxLength={4096}
          value={token}
          onChange={(event) => setText(event.target.value)}
          className="h-8 min-w-0 flex-1 font-mono text-small"
        />
        <Button type="submit" disabled={busy || token.trim() === ''}>
          {action}
        </Button>
      </div>
      {error ? <ErrorNote message={error.message} className="mt-2" /> : null}
    </form>
  )
}

/** A form for the access token of a source that refuses without one; `onKept` tries again with it. */
export function SourceToken({ error, onKept }: { error: ErrorInfo; onKept: () => Promise<void> }): ReactNode {
  const source = error.detail?.source
  if (error.code !== 'SourceRefused' || typeof source !== 'string' || !(source in sourceNames)) return null
  return <TokenForm source={source as SourceName} action="Keep and try again" onKept={onKept} />
}
