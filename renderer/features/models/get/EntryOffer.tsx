import { useEffect, type ReactNode, useState } from 'react'
import type { CatalogueEntry, Download, DownloadWish, Quantization } from '#contract'
import { Button } from '../../../components/primitives/Button.tsx'
import { ErrorNote } from '../../../components/primitives/ErrorNote.tsx'
import { ProgressBar } from '../../../components/primitives/ProgressBar.tsx'
import { SourceNote } from '../../../components/models/SourceNote.tsx'
import { loadOffer, useCatalogue } from './store.ts'
import { SourceToken } from './TokenForm.tsx'
import { Badge } from '../../../components/primitives/Badge.tsx'
import { cx } from '../../../lib/cx.ts'
import { toAppError } from '../../../lib/errors.ts'
import { bytes } from '../../../lib/format.ts'
import { DownloadAction } from './DownloadAction.tsx'
import { FitLine } from './FitLine.tsx'

/**
 * The quantizations that an entry's source offers, each with how it would run here, or the reason why they are not
 * known.
 */
export function EntryOffer({
  entry,
  jobs,
  onDownload,
}: {
  entry: CatalogueEntry
  jobs: readonly Download[]
  onDownload: (wish: DownloadWish) => Promise<void>
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
export function QuantizationRow({
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
