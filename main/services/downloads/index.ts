export { createDownloads } from './downloads.ts'
export type * from './types.ts'
