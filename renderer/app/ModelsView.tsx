import type { ReactNode } from 'react'
import type { DownloadSelection } from '#contract'
import { DownloadList, startDownload, useDownloads } from '../features/downloads/index.ts'
import { useEngine } from '../lib/engine.ts'
import { ModelsPage, openModel, SourceSettings, type ModelsPlace } from '../features/models/index.ts'
import { updateSettings, useSettings } from '../features/settings/index.ts'

const none: readonly never[] = []

/** Queues a model of the catalogue or of a repository. Rejects with `AppError`. */
export const download = async (selection: DownloadSelection): Promise<void> => void (await startDownload(selection))

/** The settings of where models are downloaded from. */
export function Sources(): ReactNode {
  const sources = useSettings((state) => state.settings.sources)
  return <SourceSettings sources={sources} onChange={(next) => void updateSettings({ sources: next })} />
}

/** The models page with the engine's state and the downloads. */
export function ModelsView({
  place,
  toggle,
  onClose,
}: {
  place: ModelsPlace
  toggle: ReactNode
  onClose: () => void
}): ReactNode {
  const engine = useEngine((state) => state.status)
  const jobs = useDownloads((state) => state.jobs) ?? none
  return (
    <ModelsPage
      place={place}
      toggle={toggle}
      engine={engine}
      jobs={jobs}
      downloads={<DownloadList onOpenModel={openModel} />}
      sources={<Sources />}
      onDownload={download}
      onClose={onClose}
    />
  )
}
