import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError, CatalogueEntry, CatalogueRepository } from '#contract'
import { ModelShape } from './shape.ts'

/** `projectorFrom`: the entry's repository, of the same source, that lends a projector where this one has none as good. */
export const StoredRepository = CatalogueRepository.extend({ projectorFrom: CatalogueRepository.shape.repository.optional() })
export type StoredRepository = z.infer<typeof StoredRepository>

/** An entry with what only the service needs; `...FoundAt`: the page where a fact was read. */
export const StoredEntry = CatalogueEntry.extend({
  repositories: z.array(StoredRepository).min(1),
  licenceFoundAt: z.url(),
  shape: ModelShape,
  shapeFoundAt: z.url(),
})
export type StoredEntry = z.infer<typeof StoredEntry>

export const CatalogueFile = z.object({ entries: z.array(StoredEntry).min(1) })

/** The catalogue that comes with the app. @throws AppError StorageFailed. */
export function readCatalogueFile(resources: string): StoredEntry[] {
  const path = join(resources, 'catalogue', 'catalogue.json')
  try {
    return CatalogueFile.parse(JSON.parse(readFileSync(path, 'utf8'))).entries
  } catch (cause) {
    const message = `The app's list of models is missing or damaged (${path}). Install Sightline again.`
    throw new AppError('StorageFailed', message, { path }, { cause })
  }
}
