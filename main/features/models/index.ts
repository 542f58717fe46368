export { createModelManager } from './manager.ts'
export type { ManagerParts, ModelManager } from './manager.ts'
