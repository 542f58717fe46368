import { useEffect, type ReactNode } from 'react'
import type { CatalogueEntry, Download, DownloadWish } from '#contract'
import { Button } from '../../../components/primitives/Button.tsx'
import { ErrorNote } from '../../../components/primitives/ErrorNote.tsx'
import { ProgressBar } from '../../../components/primitives/ProgressBar.tsx'
import { SourceNote } from '../../../components/models/SourceNote.tsx'
import { QuantizationRow } from './QuantizationRow.tsx'
import { loadOffer, useCatalogue } from './store.ts'
import { SourceToken } from './SourceToken.tsx'

/** What an entry's source holds: every quantization with how it would run here; why it is not known when it is not. */
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
