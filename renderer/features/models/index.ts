export { ModelsPage } from './ModelsPage.tsx'
export { openModel, openModels, placeOf } from './place.ts'
export type { ModelsPlace } from './place.ts'
export { chooseModel, followLibrary, useLibrary } from './library/store.ts'
