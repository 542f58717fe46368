import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError, CatalogueEntry, CatalogueRepository } from '#contract'
import { ModelShape } from './shape.ts'

/**
 * `projectorForm`: how its projector was converted. `current`: as llama.cpp does it since the end of April 2025; `surgery`: by
 * `qwen2_vl_surgery.py` of December 2024; `fork`: by the fork that was used for Qwen2.5-VL before that; `none`: it has none;
 * `unknown`: nobody has looked. `projectorFrom`: the entry's repository, of the same source, whose projector is taken before
 * its own. Repositories whose projector is current come first, then those in the order of how complete they are.
 */
export const StoredRepository = CatalogueRepository.extend({
  projectorForm: z.enum(['current', 'surgery', 'fork', 'none', 'unknown']),
  projectorFrom: CatalogueRepository.shape.repository.optional(),
})
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
