export { sortRepository } from './repositoryFiles.ts'
export type { SortedRepository } from './repositoryFiles.ts'
export { createCatalogue } from './catalogue.ts'
export { parameterCount } from './catalogueFile.ts'
export type { ModelShape } from './catalogueFile.ts'
export type {
  BrowsedRepository,
  Catalogue,
  CatalogueOptions,
  ChosenSources,
  ListedQuantization,
  Listing,
} from './types.ts'
