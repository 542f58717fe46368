import { later } from '../../components/primitives/later.tsx'
import { useDownloads } from './store.ts'

export { followDownloads, startDownload, useDownloads } from './store.ts'
export const DownloadList = later(() => import('./DownloadList.tsx').then(({ DownloadList }) => DownloadList))

const useAnyDownload = (): boolean => useDownloads(({ jobs }) => jobs !== null && jobs.length > 0)
export const DownloadsNote = later(
  () => import('./DownloadsNote.tsx').then(({ DownloadsNote }) => DownloadsNote),
  useAnyDownload,
)
export const DownloadsButton = later(
  () => import('./DownloadsNote.tsx').then(({ DownloadsButton }) => DownloadsButton),
  useAnyDownload,
)
