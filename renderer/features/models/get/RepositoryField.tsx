import { useId, type FormEvent, type ReactNode } from 'react'
import type { Download, DownloadWish } from '#contract'
import { Button } from '../../../components/primitives/Button.tsx'
import { ErrorNote } from '../../../components/primitives/ErrorNote.tsx'
import { TextField } from '../../../components/primitives/TextField.tsx'
import { ProgressBar } from '../../../components/primitives/ProgressBar.tsx'
import { askRepository, useRepository } from './repository.ts'
import { RepositoryOffer } from './RepositoryOffer.tsx'
import { SourceToken } from './TokenForm.tsx'

/** Takes the name or the address of any repository, and shows what it holds. */
export function RepositoryField({
  jobs,
  onDownload,
}: {
  jobs: readonly Download[]
  onDownload: (wish: DownloadWish) => Promise<void>
}): ReactNode {
  const id = useId()
  const { typed, isAsking, error, repository } = useRepository()
  const look = (event: FormEvent): void => {
    event.preventDefault()
    void askRepository()
  }
  return (
    <section aria-label="Any repository" className="mb-5">
      <form onSubmit={look}>
        <label htmlFor={id} className="font-medium">
          Any repository
        </label>
        <p id={`${id}-note`} className="text-muted">
          Type owner/name, or paste an address of Hugging Face or ModelScope.
        </p>
        <div className="mt-1.5 flex gap-2">
          <TextField
            id={id}
            aria-describedby={`${id}-note`}
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="none"
            maxLength={2048}
            placeholder="ggml-org/Qwen2.5-VL-3B-Instruct-GGUF"
            value={typed}
            onChange={(event) => useRepository.setState({ typed: event.target.value })}
            className="h-8 min-w-0 flex-1 font-mono text-small"
          />
          <Button type="submit" disabled={isAsking || typed.trim() === ''}>
            Look
          </Button>
        </div>
      </form>
      {isAsking ? (
        <div className="mt-3">
          <p className="mb-2 text-muted">Asking for the list of files…</p>
          <ProgressBar label="Asking for the files of the repository" share={null} />
        </div>
      ) : null}
      {error ? (
        <div className="mt-3">
          <ErrorNote message={error.message}>
            {error.code === 'InvalidInput' ? null : <Button onClick={() => void askRepository()}>Try again</Button>}
          </ErrorNote>
          <SourceToken error={error} onKept={askRepository} />
        </div>
      ) : null}
      {repository ? <RepositoryOffer repository={repository} jobs={jobs} onDownload={onDownload} /> : null}
    </section>
  )
}
