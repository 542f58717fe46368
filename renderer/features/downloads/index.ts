import { later } from '../../components/primitives/later.tsx'
import { useDownloads } from './store.ts'

export const DownloadList = later(() => import('./DownloadList.tsx').then(({ DownloadList }) => DownloadList))
const hasAny = (): boolean => useDownloads(({ jobs }) => (jobs?.length ?? 0) > 0)
export const DownloadsNote = later(
  () => import('./DownloadsNote.tsx').then(({ DownloadsNote }) => DownloadsNote),
  hasAny,
)
export const DownloadsButton = later(
  () => import('./DownloadsNote.tsx').then(({ DownloadsButton }) => DownloadsButton),
  hasAny,
)
export { followDownloads, startDownload, useDownloads } from './store.ts'
