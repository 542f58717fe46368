import { later } from '../../components/primitives/later.tsx'

export const SourceSettings = later(() =>
  import('./get/SourceSettings.tsx').then(({ SourceSettings }) => SourceSettings),
)
export const ModelsPage = later(() => import('./ModelsPage.tsx').then(({ ModelsPage }) => ModelsPage))
export { openModel, openModels, placeOf, type ModelsPlace } from './place.ts'
export { useOtherModels, chooseModel, followLibrary, useLibrary } from './library/store.ts'
