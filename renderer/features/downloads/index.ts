export { DownloadList } from './DownloadList.tsx'
export { DownloadsButton, DownloadsNote } from './DownloadsNote.tsx'
export { followDownloads, startDownload, useDownloads } from './store.ts'
