export { createMeasureModel } from './measureModel.ts'
export type { MeasureModel, MeasureModelParts } from './measureModel.ts'
