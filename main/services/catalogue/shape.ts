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
    family: z.enum(['qwen2vl', 'qwen25vl']),
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
