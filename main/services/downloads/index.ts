export { createDownloads } from './downloads.ts'
export type * from './types.ts'
export type { OpenPartFile, PartFile } from './disk/partFile.ts'
