import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, CatalogueEntry, CatalogueRepository, ModelFamily } from '#contract'
import { z } from 'zod'

const count = z.int().min(1)

/** Sizes of a model's two parts, as its authors' config.json gives them. */
export const ModelShape = z.object({
  text: z.object({
    blocks: count,
    embeddingLength: count,
    feedForwardLength: count,
    heads: count,
    kvHeads: count,
    headDim: count,
    vocabSize: count,
    /** Whether the output matrix is the embedding matrix. */
    tiedEmbeddings: z.boolean(),
  }),
  projector: z.object({
    family: ModelFamily,
    blocks: count,
    embeddingLength: count,
    ffnLength: count,
    /** Length of the embeddings it gives, the text model's. */
    outputLength: count,
  }),
})
export type ModelShape = z.infer<typeof ModelShape>

/** Numbers in the text model: embeddings, attention with biases of q, k and v, gated feed-forward part, norms. */
export function parameterCount(text: ModelShape['text']): number {
  const { embeddingLength: width, heads, kvHeads, headDim } = text
  const query = heads * headDim
  const keyValue = kvHeads * headDim
  const attention = (width + 1) * (query + 2 * keyValue) + query * width
  const block = attention + 3 * width * text.feedForwardLength + 2 * width
  return (text.tiedEmbeddings ? 1 : 2) * text.vocabSize * width + text.blocks * block + width
}

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

const CatalogueFile = z.object({ entries: z.array(StoredEntry).min(1) })

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
