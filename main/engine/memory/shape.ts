import type { PlannedProjector, PlannedText } from './plan.ts'
import type { ModelShape, TextShape } from '../types.ts'

/** A model as estimates see it: both files' facts, read from their headers or made from a shape. */
export interface SizedModel {
  readonly text: PlannedText & { readonly trainedContext: number; readonly isF32: boolean }
  readonly projector: PlannedProjector | null
}

const F32_BITS = 32
/** llama.cpp keeps the output matrix in Q6_K when the others have fewer bits. */
const LEAST_OUTPUT_BITS = 6.5625

/**
 * A model whose files are not there yet. Sizes of both files in bytes, `trainedContext` in tokens. The file's bytes are
 * shared out by the shape's parameters, the output matrix at six bits or more.
 */
export function sizedModel(
  shape: ModelShape,
  file: { name: string; textBytes: number; projectorBytes: number | null; trainedContext: number },
): SizedModel {
  const { text, projector } = shape
  const { embeddings, block } = parameters(text)
  const all = embeddings * (text.tiedEmbeddings ? 1 : 2) + block * text.blocks
  const bits = (file.textBytes * 8) / all
  const output = (embeddings * Math.max(bits, LEAST_OUTPUT_BITS)) / 8
  const rest = Math.max(0, file.textBytes - output) / (all - embeddings)
  return {
    text: {
      ...text,
      name: file.name,
      trainedContext: file.trainedContext,
      isF32: bits >= F32_BITS,
      bytes: file.textBytes,
      weights: {
        embeddings: text.tiedEmbeddings ? output : embeddings * rest,
        blocks: new Array<number>(text.blocks).fill(block * rest),
        output: text.tiedEmbeddings ? 0 : output,
      },
    },
    projector: projector && file.projectorBytes !== null ? { ...projector, bytes: file.projectorBytes } : null,
  }
}

/** Numbers in the token embeddings and in one block; its norms and biases are too few to count. */
function parameters({ embeddingLength: width, feedForwardLength, kvHeads, headDim, vocabSize }: TextShape): {
  embeddings: number
  block: number
} {
  const attention = 2 * width * width + 2 * width * kvHeads * headDim
  return { embeddings: vocabSize * width, block: attention + 3 * width * feedForwardLength }
}
