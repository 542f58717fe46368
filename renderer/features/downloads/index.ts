import { later } from '../../components/primitives/later.tsx'

export const DownloadList = later(() => import('./DownloadList.tsx').then(({ DownloadList }) => DownloadList))
export { DownloadsButton, DownloadsNote } from './DownloadsNote.tsx'
export { followDownloads, startDownload, useDownloads } from './store.ts'
