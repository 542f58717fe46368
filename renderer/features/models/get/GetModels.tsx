import type { CatalogueEntry, Download, DownloadSelection, Quantization } from '#contract'
import { Accordion } from '@base-ui/react/accordion'
import { ChevronRight } from 'lucide-react'
import { useEffect, useId, useState } from 'react'
import type { FormEvent, ReactNode } from 'react'
import { SourceNote } from '../../../components/models/SourceNote.tsx'
import { Badge } from '../../../components/primitives/Badge.tsx'
import { Button } from '../../../components/primitives/Button.tsx'
import { Disclosure } from '../../../components/primitives/Disclosure.tsx'
import { ErrorNote, ProgressBar } from '../../../components/primitives/Feedback.tsx'
import { TextField } from '../../../components/primitives/FormControls.tsx'
import { cx } from '../../../lib/cx.ts'
import { toAppError } from '../../../lib/errors.ts'
import { bytes, tokens } from '../../../lib/format.ts'
import { DownloadAction, FitLine, machineText } from './DownloadAction.tsx'
import { RepositoryOffer } from './RepositoryOffer.tsx'
import { SourceToken } from './SourceSettings.tsx'
import { askRepository, useRepository } from './repository.ts'
import { loadCatalogue, loadOffer, useCatalogue } from './store.ts'

/** The models that can be had; one that is opened shows what its source offers and how it would run here. */
export function GetModels({
  jobs,
  sources,
  onDownload,
}: {
  jobs: readonly Download[]
  /** Where models are downloaded from. */
  sources: ReactNode
  onDownload: (selection: DownloadSelection) => Promise<void>
}): ReactNode {
  const { entries, machine, error } = useCatalogue()
  useEffect(() => void loadCatalogue(), [])
  return (
    <div className="mx-auto w-full max-w-[760px] px-4 py-5 mid:px-6">
      <p className="mb-3 min-h-4.5 text-muted tabular-nums">
        {machine ? `This computer: ${machineText(machine)}` : ''}
      </p>
      {error ? (
        <ErrorNote message={error.message} className="mb-3">
          <Button onClick={() => void loadCatalogue()}>Try again</Button>
        </ErrorNote>
      ) : null}
      <Accordion.Root
        multiple={false}
        className="overflow-hidden rounded-lg border border-hairline bg-raised"
        onValueChange={(open) => open.forEach((id) => void loadOffer(String(id)))}
      >
        {entries?.map((entry) => (
          <Accordion.Item key={entry.id} value={entry.id} className="border-t border-hairline first:border-t-0">
            <Accordion.Header className="flex">
              <Accordion.Trigger className="group flex min-w-0 flex-1 items-start gap-3 px-4 py-3 text-left hover:bg-hover focus-visible:-outline-offset-2">
                <ChevronRight
                  className="mt-px size-4 shrink-0 text-muted transition-transform duration-150 group-data-[panel-open]:rotate-90"
                  aria-hidden
                />
                <EntryLine entry={entry} />
              </Accordion.Trigger>
            </Accordion.Header>
            <Accordion.Panel className="pt-3 pr-4 pb-4 pl-4 mid:pl-11">
              <p className="mb-3 text-muted">
                <a
                  href={entry.licence.url}
                  target="_blank"
                  rel="noreferrer noopener"
                  className="text-accent underline decoration-1 underline-offset-2 hover:text-accent-strong"
                >
                  {entry.licence.name}
                </a>
                {entry.licence.allowsCommercialUse
                  ? ', commercial use is allowed.'
                  : ', commercial use is not allowed.'}
              </p>
              <EntryOffer entry={entry} jobs={jobs} onDownload={onDownload} />
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion.Root>
      <div className="mt-6">
        <RepositoryField jobs={jobs} onDownload={onDownload} />
      </div>
      <Disclosure label="Where models come from" className="mt-4">
        {sources}
      </Disclosure>
      <p className="mt-3 text-small text-subtle">
        Only the list of files and the files themselves are fetched. Nothing about you or your pictures is sent.
      </p>
    </div>
  )
}

function EntryLine({ entry: { name, goodAt, kind, licence, contextTokens } }: { entry: CatalogueEntry }): ReactNode {
  return (
    <span className="min-w-0 flex-1">
      <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="font-medium">{name}</span>
        {kind === 'base' ? <Badge>Base model</Badge> : null}
        {licence.allowsCommercialUse ? null : <Badge tone="warning">Non-commercial</Badge>}
      </span>
      <span className="mt-0.5 block text-muted">{goodAt}</span>
      <span className="mt-0.5 block text-small text-subtle tabular-nums">
        {licence.name} · {tokens(contextTokens)} of context
      </span>
    </span>
  )
}

/**
 * The quantizations that an entry's source offers, each with how it would run here, or the reason why they are not
 * known.
 */
function EntryOffer({
  entry,
  jobs,
  onDownload,
}: {
  entry: CatalogueEntry
  jobs: readonly Download[]
  onDownload: (selection: DownloadSelection) => Promise<void>
}): ReactNode {
  const state = useCatalogue(({ offers }) => offers[entry.id])
  const isUnknown = state === undefined
  useEffect(() => {
    if (isUnknown) void loadOffer(entry.id)
  }, [isUnknown, entry.id])
  if (state?.error) {
    return (
      <>
        <ErrorNote message={state.error.message}>
          <Button onClick={() => void loadOffer(entry.id)}>Try again</Button>
        </ErrorNote>
        <SourceToken error={state.error} onKept={() => loadOffer(entry.id)} />
      </>
    )
  }
  const offer = state?.offer
  if (!offer) {
    return (
      <div className="py-1">
        <p className="mb-2 text-muted">Asking for the list of files…</p>
        <ProgressBar label={`Asking for the files of ${entry.name}`} share={null} />
      </div>
    )
  }
  return (
    <>
      {offer.recommended === null && offer.reason !== '' ? <p className="mb-3">{offer.reason}</p> : null}
      <ul
        aria-label={`Quantizations of ${entry.name}`}
        className="divide-y divide-hairline rounded-lg border border-hairline"
      >
        {offer.quantizations.map((quantization) => (
          <QuantizationRow
            key={quantization.name}
            quantization={quantization}
            reason={quantization.name === offer.recommended ? offer.reason : null}
            job={jobs.find((job) => job.entryId === entry.id && job.quantization === quantization.name)}
            onDownload={() => onDownload({ entryId: entry.id, quantization: quantization.name })}
          />
        ))}
      </ul>
      <SourceNote from={offer} passedOver={offer.passedOver} className="mt-2" />
    </>
  )
}

/** One quantization: its size, how it would run here, and its download. `reason`: why it is the recommended one. */
function QuantizationRow({
  quantization,
  reason,
  job,
  onDownload,
}: {
  quantization: Quantization
  reason: string | null
  job: Download | undefined
  onDownload: () => Promise<void>
}): ReactNode {
  const { name, fit, downloadBytes, hasDiskSpace, projector } = quantization
  const [failure, setFailure] = useState<string | null>(null)
  const download = (): void => {
    setFailure(null)
    onDownload().catch((thrown: unknown) => setFailure(toAppError(thrown).message))
  }
  return (
    <li
      className={cx(
        'flex flex-wrap items-start gap-x-4 gap-y-2 px-3 py-2.5 first:rounded-t-lg last:rounded-b-lg',
        reason !== null && 'bg-accent-soft',
      )}
    >
      <div className="min-w-0 flex-1 basis-60">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 tabular-nums">
          <span className="font-medium">{name}</span>
          <span className="text-muted">{bytes(downloadBytes)}</span>
          {reason !== null ? (
            <Badge tone="accent" className="border-accent! text-accent!">
              Recommended
            </Badge>
          ) : null}
        </p>
        <FitLine fit={fit} />
        <p className="mt-0.5 text-muted">{reason ?? fit.sentence}</p>
        {projector ? null : (
          <p className="mt-0.5 text-warning">No projector is offered with it: it would answer text only.</p>
        )}
        {hasDiskSpace ? null : <p className="mt-0.5 text-danger">There is not enough free space on the disk for it.</p>}
        {failure ? (
          <p role="alert" className="mt-1 text-danger">
            {failure}
          </p>
        ) : null}
      </div>
      <DownloadAction
        modelId={quantization.modelId}
        job={job}
        label={`Download ${name}`}
        kind={reason !== null ? 'primary' : 'plain'}
        disabled={!hasDiskSpace}
        onDownload={download}
      />
    </li>
  )
}

/** Takes the name or the address of any repository, and shows what it holds. */
function RepositoryField({
  jobs,
  onDownload,
}: {
  jobs: readonly Download[]
  onDownload: (selection: DownloadSelection) => Promise<void>
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
