import type { ReactNode } from 'react'
import { DownloadRow } from './DownloadRow.tsx'
import { useDownloads } from './store.ts'

/** Every download, first of the queue first. */
export function DownloadList({ onOpenModel }: { onOpenModel: (modelId: string) => void }): ReactNode {
  const jobs = useDownloads((state) => state.jobs) ?? []
  const first = jobs.find(({ state }) => state !== 'done')
  return (
    <ul aria-label="Downloads" className="rounded-lg border border-hairline bg-raised">
      {jobs.map((job) => (
        <DownloadRow key={job.id} job={job} isFirst={job === first} onOpenModel={onOpenModel} />
      ))}
    </ul>
  )
}
