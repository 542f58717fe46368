export { createDownloadModel } from './downloadModel.ts'
export type { DownloadModel, DownloadModelParts } from './downloadModel.ts'
export type { DownloadProgress } from './downloadModel.ts'
