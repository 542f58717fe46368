export { sortRepository } from './repositoryFiles.ts'
export type { SortedRepository } from './repositoryFiles.ts'
export { createCatalogue } from './catalogue.ts'
export { parameterCount } from './shape.ts'
export type { ModelShape } from './shape.ts'
export type {
  BrowsedRepository,
  Catalogue,
  CatalogueOptions,
  ChosenSources,
  ListedQuantization,
  Listing,
} from './types.ts'
