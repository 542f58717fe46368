export { createLoadModel } from './loadModel.ts'
export type { LoadModel, LoadModelParts } from './loadModel.ts'
