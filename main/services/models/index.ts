export { createModels } from './models.ts'
export type { InspectModel, Models } from './models.ts'
export { demoModel, demoModelId } from './demo.ts'
