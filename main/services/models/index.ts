export { createModels } from './models.ts'
export type { InspectModel, Models } from './models.ts'
export { demoModelId } from './demo.ts'
