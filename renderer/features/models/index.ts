export { SourceSettings } from './get/SourceSettings.tsx'
export { ModelsPage } from './ModelsPage.tsx'
export { openModel, openModels, placeOf, type ModelsPlace } from './place.ts'
export { useOtherModels, chooseModel, followLibrary, useLibrary } from './library/store.ts'
