import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import type { CatalogueEntry, Download, DownloadSelection, EntryFit, Quantization } from '#contract'
import { Accordion } from '@base-ui/react/accordion'
import { ChevronRight } from 'lucide-react'
import { useEffect, useId, useState } from 'react'
import type { FormEvent, ReactNode } from 'react'
import { SourceNote } from '../../../components/models/SourceNote.tsx'
import { Badge } from '../../../components/primitives/Badge.tsx'
import { Button } from '../../../components/primitives/Button.tsx'
import { Disclosure } from '../../../components/primitives/Disclosure.tsx'
import { ErrorNote, ProgressBar } from '../../../components/primitives/Feedback.tsx'
import { TextField } from '../../../components/primitives/TextField.tsx'
import { cx } from '../../../lib/cx.ts'
import { toAppError } from '../../../lib/errors.ts'
import { bytes, tokens } from '../../../lib/format.ts'
import { DownloadAction, FitLine, fitText, machineText } from './DownloadAction.tsx'
import { RepositoryOffer } from './RepositoryOffer.tsx'
import { SourceToken } from './SourceSettings.tsx'
import { grouped } from './groups.ts'
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
  const { entries, machine, fits, error } = useCatalogue()
  const [filter, setFilter] = useState('')
  const [open, setOpen] = useState<string[]>([])
  useEffect(() => void loadCatalogue(), [])
  const shown = grouped(entries ?? [], fits, filter)
  const show = (id: string): void => {
    setFilter('')
    setOpen([id])
    // the entry is there with the next paint
    requestAnimationFrame(() => document.getElementById(`entry-${id}`)?.scrollIntoView({ block: 'start' }))
  }
  return (
    <div className="mx-auto w-full max-w-[760px] px-4 py-5 mid:px-6">
      <p className="mb-3 min-h-4.5 text-muted tabular-nums">
        {machine ? t`This computer: ${machineText(machine)}` : ''}
      </p>
      {error ? (
        <ErrorNote message={error.message} className="mb-3">
          <Button onClick={() => void loadCatalogue()}>{t`Try again`}</Button>
        </ErrorNote>
      ) : null}
      <RecommendedModel jobs={jobs} onDownload={onDownload} onShow={show} />
      <TextField
        type="search"
        aria-label={t`Filter models`}
        placeholder={t`Filter by name, size or what it is good at`}
        value={filter}
        onChange={(event) => setFilter(event.target.value)}
        className="h-8 w-full"
      />
      <Accordion.Root
        multiple={false}
        value={open}
        onValueChange={(next) => {
          setOpen(next.map(String))
          next.forEach((id) => void loadOffer(String(id)))
        }}
      >
        {shown.map((group) => (
          <section key={group.label} aria-label={group.label} className="mt-5">
            <h2 className="mb-2 font-medium">{group.label}</h2>
            <div className="overflow-hidden rounded-lg border border-hairline bg-raised">
              {group.entries.map((entry) => (
                <Accordion.Item
                  key={entry.id}
                  id={`entry-${entry.id}`}
                  value={entry.id}
                  className="scroll-mt-4 border-t border-hairline first:border-t-0"
                >
                  <Accordion.Header className="flex">
                    <Accordion.Trigger className="group flex min-w-0 flex-1 items-start gap-3 px-4 py-3 text-left hover:bg-hover focus-visible:-outline-offset-2">
                      <ChevronRight
                        className="mt-px size-4 shrink-0 text-muted transition-transform duration-150 group-data-[panel-open]:rotate-90"
                        aria-hidden
                      />
                      <EntryLine entry={entry} fit={fits[entry.id]} />
                    </Accordion.Trigger>
                  </Accordion.Header>
                  <Accordion.Panel className="pt-3 pr-4 pb-4 pl-4 mid:pl-11">
                    <EntryFacts entry={entry} fit={fits[entry.id]} />
                    <EntryOffer entry={entry} jobs={jobs} onDownload={onDownload} />
                  </Accordion.Panel>
                </Accordion.Item>
              ))}
            </div>
          </section>
        ))}
      </Accordion.Root>
      {entries && shown.length === 0 ? (
        <p className="mt-5 text-muted">{t`No model of the list is found by that.`}</p>
      ) : null}
      <div className="mt-6">
        <RepositoryField jobs={jobs} onDownload={onDownload} />
      </div>
      <Disclosure label={t`Where models come from`} className="mt-4">
        {sources}
      </Disclosure>
      <p className="mt-3 text-small text-subtle">{t`Only the list of files and the files themselves are fetched. Nothing about you or your pictures is sent.`}</p>
    </div>
  )
}

/** The model to begin with on this computer and why, with its download; nothing until it is known. */
function RecommendedModel({
  jobs,
  onDownload,
  onShow,
}: {
  jobs: readonly Download[]
  onDownload: (selection: DownloadSelection) => Promise<void>
  /** Opens an entry of the list. */
  onShow: (entryId: string) => void
}): ReactNode {
  const { entries, recommended, offers } = useCatalogue()
  const [isAsking, setIsAsking] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const entry = entries?.find(({ id }) => id === recommended?.entryId)
  if (!recommended || !entry) return null
  const known = offers[entry.id]?.offer
  const download = async (): Promise<void> => {
    setIsAsking(true)
    setFailure(null)
    try {
      const offer = await loadOffer(entry.id)
      if (offer?.recommended) await onDownload({ entryId: entry.id, quantization: offer.recommended })
      // what its source says, or why it does not, stands with the entry
      else onShow(entry.id)
    } catch (thrown) {
      setFailure(toAppError(thrown).message)
    } finally {
      setIsAsking(false)
    }
  }
  return (
    <section
      aria-label={t`For this computer`}
      className="mb-5 flex flex-wrap items-start gap-x-4 gap-y-3 rounded-lg border border-hairline bg-accent-soft p-4"
    >
      <div className="min-w-0 flex-1 basis-60">
        <h2 className="text-small text-muted">{t`For this computer`}</h2>
        <button
          type="button"
          onClick={() => onShow(entry.id)}
          className="rounded-sm text-left text-read font-semibold break-words hover:underline"
        >
          {entry.name}
        </button>
        <p className="mt-0.5">{recommended.reason}</p>
        {failure ? (
          <p role="alert" className="mt-1 text-danger">
            {failure}
          </p>
        ) : null}
      </div>
      <DownloadAction
        modelId={known?.quantizations.find(({ modelId }) => modelId !== null)?.modelId ?? null}
        job={jobs.find((job) => job.entryId === entry.id)}
        label={t`Download ${entry.name}`}
        kind="primary"
        disabled={isAsking}
        onDownload={() => void download()}
      />
    </section>
  )
}

function EntryLine({
  entry: { name, goodAt, kind, licence, contextTokens },
  fit,
}: {
  entry: CatalogueEntry
  fit: EntryFit | undefined
}): ReactNode {
  return (
    <span className="min-w-0 flex-1">
      <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="min-w-0 font-medium break-words">{name}</span>
        {kind === 'base' ? <Badge>{t`Base model`}</Badge> : null}
        {licence.allowsCommercialUse ? null : <Badge tone="warning">{t`Non-commercial`}</Badge>}
      </span>
      <span className="mt-0.5 block text-muted">{goodAt}</span>
      <span className="mt-0.5 block text-small text-subtle tabular-nums">
        {[licence.name, t`${tokens(contextTokens)} of context`, fit && fitText(fit.fit)].filter(Boolean).join(' · ')}
      </span>
    </span>
  )
}

/** The licence of an entry, the memory it takes with pictures, and the pages where both are from. */
function EntryFacts({ entry, fit }: { entry: CatalogueEntry; fit: EntryFit | undefined }): ReactNode {
  const memory = fit?.memory.map(({ pictures, bytes: taken }) =>
    pictures === 1 ? t`${bytes(taken)} with one picture` : t`${bytes(taken)} with ${pictures}`,
  )
  return (
    <div className="mb-3 flex flex-col gap-1 text-muted">
      <p>
        <Source href={entry.licence.url}>{entry.licence.name}</Source>
        {entry.licence.allowsCommercialUse ? t`, commercial use is allowed.` : t`, commercial use is not allowed.`}
      </p>
      {memory ? (
        <p className="tabular-nums">{t`Takes about ${memory.join(', ')} in one conversation, in its usual quantization.`}</p>
      ) : null}
      <p className="text-small text-subtle">
        <Trans>
          Read at: <Source href={entry.licenceFoundAt}>licence</Source>,{' '}
          <Source href={entry.shapeFoundAt}>sizes</Source>.
        </Trans>
      </p>
    </div>
  )
}

function Source({ href, children }: { href: string; children: ReactNode }): ReactNode {
  return (
    <a
      href={href}
      target="_blank"
      rel="noreferrer noopener"
      className="text-accent underline decoration-1 underline-offset-2 hover:text-accent-strong"
    >
      {children}
    </a>
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
          <Button onClick={() => void loadOffer(entry.id)}>{t`Try again`}</Button>
        </ErrorNote>
        <SourceToken error={state.error} onKept={async () => void (await loadOffer(entry.id))} />
      </>
    )
  }
  const offer = state?.offer
  if (!offer) {
    return (
      <div className="py-1">
        <p className="mb-2 text-muted">{t`Asking for the list of files…`}</p>
        <ProgressBar label={t`Asking for the files of ${entry.name}`} share={null} />
      </div>
    )
  }
  return (
    <>
      {offer.recommended === null && offer.reason !== '' ? <p className="mb-3">{offer.reason}</p> : null}
      <ul
        aria-label={t`Quantizations of ${entry.name}`}
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
            <Badge tone="accent" className="border-accent! text-accent!">{t`Recommended`}</Badge>
          ) : null}
        </p>
        <FitLine fit={fit} />
        <p className="mt-0.5 text-muted">{reason ?? fit.sentence}</p>
        {projector ? null : (
          <p className="mt-0.5 text-warning">{t`No projector is offered with it: it would answer text only.`}</p>
        )}
        {hasDiskSpace ? null : (
          <p className="mt-0.5 text-danger">{t`There is not enough free space on the disk for it.`}</p>
        )}
        {failure ? (
          <p role="alert" className="mt-1 text-danger">
            {failure}
          </p>
        ) : null}
      </div>
      <DownloadAction
        modelId={quantization.modelId}
        job={job}
        label={t`Download ${name}`}
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
    <section aria-label={t`Any repository`} className="mb-5">
      <form onSubmit={look}>
        <label htmlFor={id} className="font-medium">{t`Any repository`}</label>
        <p
          id={`${id}-note`}
          className="text-muted"
        >{t`Type owner/name, or paste an address of Hugging Face or ModelScope.`}</p>
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
          <Button type="submit" disabled={isAsking || typed.trim() === ''}>{t`Look`}</Button>
        </div>
      </form>
      {isAsking ? (
        <div className="mt-3">
          <p className="mb-2 text-muted">{t`Asking for the list of files…`}</p>
          <ProgressBar label={t`Asking for the files of the repository`} share={null} />
        </div>
      ) : null}
      {error ? (
        <div className="mt-3">
          <ErrorNote message={error.message}>
            {error.code === 'InvalidInput' ? null : (
              <Button onClick={() => void askRepository()}>{t`Try again`}</Button>
            )}
          </ErrorNote>
          <SourceToken error={error} onKept={askRepository} />
        </div>
      ) : null}
      {repository ? <RepositoryOffer repository={repository} jobs={jobs} onDownload={onDownload} /> : null}
    </section>
  )
}
