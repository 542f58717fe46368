import { Accordion } from '@base-ui/react/accordion'
import { ChevronRight } from 'lucide-react'
import { useEffect, type ReactNode } from 'react'
import type { CatalogueEntry, Download, DownloadWish } from '#contract'
import { Badge } from '../../../components/primitives/Badge.tsx'
import { Button } from '../../../components/primitives/Button.tsx'
import { Disclosure } from '../../../components/primitives/Disclosure.tsx'
import { ErrorNote } from '../../../components/primitives/ErrorNote.tsx'
import { tokens } from '../../../lib/format.ts'
import { EntryOffer } from './EntryOffer.tsx'
import { RepositoryField } from './RepositoryField.tsx'
import { loadCatalogue, loadOffer, useCatalogue } from './store.ts'
import { machineWords } from './FitLine.tsx'

/** The models that can be had; one that is opened shows what its source offers and how it would run here. */
export function GetModels({
  jobs,
  sources,
  onDownload,
}: {
  jobs: readonly Download[]
  /** Where models are downloaded from. */
  sources: ReactNode
  onDownload: (wish: DownloadWish) => Promise<void>
}): ReactNode {
  const { entries, machine, error } = useCatalogue()
  useEffect(() => void loadCatalogue(), [])
  return (
    <div className="mx-auto w-full max-w-[760px] px-4 py-5 mid:px-6">
      <p className="mb-3 min-h-4.5 text-muted tabular-nums">
        {machine ? `This computer: ${machineWords(machine)}` : ''}
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
