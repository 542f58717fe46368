import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, CatalogueEntry, CatalogueRepository, ModelFamily } from '#contract'
import { z } from 'zod'

const count = z.int().min(1)

/** Sizes of a model's two parts, as its authors' config.json gives them. */
export const ModelShape = z.object({
  text: z
    .object({
      blocks: count,
      embeddingLength: count,
      /** Of a mixture of experts what config.json says, which no matrix has. */
      feedForwardLength: count,
      heads: count,
      kvHeads: count,
      headDim: count,
      vocabSize: count,
      /** Whether the output matrix is the embedding matrix. */
      tiedEmbeddings: z.boolean(),
      experts: z
        .object({ count, used: count, feedForwardLength: count, sharedLength: count.exactOptional() })
        .optional(),
      /** Of a hybrid model: every so many blocks one has attention, the others a recurrent state. */
      recurrent: z
        .object({ attentionEvery: count, kernel: count, headLength: count, keyHeads: count, valueHeads: count })
        .optional(),
    })
    .transform(({ recurrent, experts, ...text }) => ({
      ...text,
      experts: experts ?? null,
      recurrent: recurrent ? recurrentBlocks(recurrent, text.blocks) : null,
    })),
  projector: z
    .object({
      family: ModelFamily,
      blocks: count,
      embeddingLength: count,
      ffnLength: count,
      /** Length of the embeddings it gives, the text model's. */
      outputLength: count,
      /** Blocks whose outputs go into the language model's first blocks (deepstack). */
      deepBlocks: z.int().min(0).default(0),
    })
    .transform(({ deepBlocks, ...projector }) => ({
      ...projector,
      rowLength: projector.outputLength * (1 + deepBlocks),
    })),
})
export type ModelShape = z.infer<typeof ModelShape>

function recurrentBlocks({ attentionEvery, ...sizes }: { attentionEvery: number } & RecurrentSizes, blocks: number) {
  return { ...sizes, isRecurrent: Array.from({ length: blocks }, (_, i) => (i + 1) % attentionEvery !== 0) }
}

interface RecurrentSizes {
  kernel: number
  headLength: number
  keyHeads: number
  valueHeads: number
}

/**
 * Numbers in the text model: embeddings, attention or gated delta nets, feed-forward parts, norms. Qwen2's attention has biases
 * of q, k and v, that of later ones norms of q and k; Qwen3.5's has a gate as wide as its queries.
 */
export function parameterCount({ text, projector: { family } }: ModelShape): number {
  const { embeddingLength: width, heads, kvHeads, headDim, recurrent, experts } = text
  const [query, keyValue] = [heads * headDim, kvHeads * headDim]
  const isOld = family === 'qwen2vl' || family === 'qwen25vl'
  const projections = isOld
    ? (width + 1) * (query + 2 * keyValue) + query * width
    : width * ((recurrent ? 2 : 1) * query + 2 * keyValue) + query * width + 2 * headDim
  const shared = experts?.sharedLength ?? 0
  const feedForward = experts
    ? width * (3 * (experts.count * experts.feedForwardLength + shared) + experts.count + (shared > 0 ? 1 : 0))
    : 3 * width * text.feedForwardLength
  const states = recurrent ? recurrent.isRecurrent.filter(Boolean).length : 0
  const blocks =
    text.blocks * (feedForward + 2 * width) +
    (text.blocks - states) * projections +
    (recurrent ? states * deltaNet(recurrent, width) : 0)
  return (text.tiedEmbeddings ? 1 : 2) * text.vocabSize * width + blocks + width
}

/** Numbers in a gated delta net: its matrices, the convolution before its state, a decay and a bias for each head, a norm. */
function deltaNet({ kernel, headLength, keyHeads, valueHeads }: RecurrentSizes, width: number): number {
  const values = headLength * valueHeads
  const mixed = values + 2 * headLength * keyHeads
  return width * (mixed + values + 2 * valueHeads) + kernel * mixed + 2 * valueHeads + headLength + values * width
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

/** An entry with what only the service needs. */
export const StoredEntry = CatalogueEntry.extend({
  repositories: z.array(StoredRepository).min(1),
  shape: ModelShape,
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
