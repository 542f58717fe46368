export { createCatalogue } from './catalogue.ts'
export { parameterCount } from './shape.ts'
export type { ModelShape } from './shape.ts'
export type { Catalogue, CatalogueOptions, ChosenSources, ListedQuantization, Listing } from './types.ts'
