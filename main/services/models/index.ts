export type { ModelsFolder } from './library.ts'
export type { Chosen, ModelChoice, ModelList } from './modelList.ts'
export { createModels } from './models.ts'
export type { Models, ModelsOptions } from './models.ts'
export { demoModel, demoModelId } from './demo.ts'
export type { ReadRoom } from './files/disk.ts'
export type { Surroundings } from './scan/places.ts'
export type {
  About,
  Adapter,
  Called,
  FileFacts,
  InspectFile,
  InspectModel,
  ModelFacts,
  ModelPair,
  Origin,
  Work,
} from './types.ts'
