import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import type { Download, DownloadSelection, EngineStatus } from '#contract'
import { Tabs } from '@base-ui/react/tabs'
import { X } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { ReactNode } from 'react'
import { IconButton } from '../../components/primitives/Button.tsx'
import { GetModels } from './get/GetModels.tsx'
import { Library } from './library/Library.tsx'
import { openModels } from './place.ts'
import type { ModelsPart, ModelsPlace } from './place.ts'

const tab =
  'relative flex h-10 items-center gap-1.5 px-3 text-muted whitespace-nowrap hover:text-ink data-[active]:font-medium data-[active]:text-ink data-[active]:after:absolute data-[active]:after:inset-x-3 data-[active]:after:bottom-0 data-[active]:after:h-0.5 data-[active]:after:rounded-full data-[active]:after:bg-accent'

/** Everything about models in the main column: those of this computer, those to be had, and what is on its way. */
export function ModelsPage({
  place,
  toggle,
  engine,
  jobs,
  downloads,
  sources,
  onDownload,
  onClose,
}: {
  place: ModelsPlace
  toggle: ReactNode
  engine: EngineStatus | null
  jobs: readonly Download[]
  /** The list of downloads. */
  downloads: ReactNode
  /** Where models are downloaded from. */
  sources: ReactNode
  /** Queues a download. Rejects with `AppError`. */
  onDownload: (selection: DownloadSelection) => Promise<void>
  onClose: () => void
}): ReactNode {
  const part = place.part === 'downloads' && jobs.length === 0 ? 'library' : place.part
  const page = useRef<HTMLElement>(null)
  useEffect(() => {
    document.title = t`Models · Sightline`
    // What is open on the page takes the focus for itself before.
    if (!page.current?.contains(document.activeElement)) page.current?.focus({ preventScroll: true })
  }, [])
  return (
    <section
      ref={page}
      tabIndex={-1}
      aria-label={t`Models`}
      className="@container flex min-h-0 flex-1 flex-col outline-none"
    >
      <header className="flex h-12 shrink-0 items-center gap-3 pr-2 pl-4 has-[>button:first-child]:pl-2">
        {toggle}
        <h1 className="flex-1 font-medium">{t`Models`}</h1>
        <IconButton label={t`Close models`} hint="Esc" onClick={onClose}>
          <X />
        </IconButton>
      </header>
      <Tabs.Root
        value={part}
        onValueChange={(next) => openModels(next as ModelsPart)}
        className="flex min-h-0 flex-1 flex-col"
      >
        <Tabs.List aria-label={t`Models`} className="flex shrink-0 overflow-x-auto border-b border-hairline px-1">
          <Tabs.Tab value="library" className={tab}>{t`On this computer`}</Tabs.Tab>
          <Tabs.Tab value="get" className={tab}>{t`Get a model`}</Tabs.Tab>
          {jobs.length > 0 ? (
            <Tabs.Tab value="downloads" className={tab}>
              <Trans>
                Downloads <span className="text-subtle tabular-nums">{jobs.length}</span>
              </Trans>
            </Tabs.Tab>
          ) : null}
        </Tabs.List>
        <Tabs.Panel value="library" className="flex min-h-0 flex-1 outline-none" tabIndex={-1}>
          <Library engine={engine} selectedId={place.modelId} />
        </Tabs.Panel>
        <Tabs.Panel value="get" className="min-h-0 flex-1 overflow-y-auto outline-none" tabIndex={-1}>
          <GetModels jobs={jobs} sources={sources} onDownload={onDownload} />
        </Tabs.Panel>
        <Tabs.Panel value="downloads" className="min-h-0 flex-1 overflow-y-auto outline-none" tabIndex={-1}>
          <div className="mx-auto w-full max-w-[760px] px-4 py-5 mid:px-6">{downloads}</div>
        </Tabs.Panel>
      </Tabs.Root>
    </section>
  )
}
