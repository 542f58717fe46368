export { ModelsDialog } from './ModelsDialog.tsx'
export { refreshModels, useModels } from './store.ts'
