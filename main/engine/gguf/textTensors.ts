import { requireMatrix, requireVector } from './header.ts'
import type { GgufHeader } from './header.ts'
import { unusual } from './problems.ts'
import { checkRecurrentBlock } from './recurrentBlocks.ts'
import type { RecurrentBlocks } from './recurrentBlocks.ts'

/** Sizes of a language model. Lengths in numbers, `trainedContext` in tokens. */
export interface TextSizes {
  readonly blocks: number
  readonly embeddingLength: number
  /** Width between the matrices of a block's feed-forward part; of a mixture that of the experts that a token goes through. */
  readonly feedForwardLength: number
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
  /** Of a mixture of experts; null: every token goes through the whole feed-forward part. */
  readonly experts: Experts | null
  /** Which blocks have a recurrent state instead of keys and values; null: none has. */
  readonly recurrent: RecurrentBlocks | null
  /** First blocks that take outputs of the vision tower's blocks: rows of a picture are so many times wider, plus one. */
  readonly deepstackLayers: number
  readonly trainedContext: number
  /** How many of the rotary pairs turn with time, height and width; the last is unused. */
  readonly ropeSections: readonly number[]
}

/** The feed-forward parts of a block of which each token goes through a few. */
export interface Experts {
  readonly count: number
  /** How many a token goes through. */
  readonly used: number
  /** Width between the matrices of one. */
  readonly feedForwardLength: number
  /** The same of the one that every token goes through beside them; unset: there is none. */
  readonly sharedLength?: number
}

/** What differs between the language models that run. */
export interface Form {
  /** Queries and keys are normalised in each head, whose size is said and not what the width leaves. */
  readonly hasHeadNorms: boolean
  readonly hasExperts: boolean
  /**
   * Most blocks have a recurrent state instead of attention, whose output is gated where there is one. Heads turn with
   * positions in a part only, experts have one beside them that is shared, and blocks may follow that guess further tokens
   * ahead, which nothing here computes.
   */
  readonly isHybrid: boolean
}

/** Sizes with the number of all blocks of the file, also those that guess further tokens ahead. */
export type CountedSizes = TextSizes & { readonly allBlocks: number }

/**
 * Checks that a language model has every tensor that its graph takes, in shapes that fit its sizes. Those of blocks that
 * guess further tokens ahead are left to llama.cpp, which does not compute them.
 * @throws AppError UnsupportedModel.
 */
export function checkTextTensors(header: GgufHeader, sizes: CountedSizes, vocabSize: number, form: Form): void {
  const { blocks, allBlocks, embeddingLength: width, recurrent } = sizes
  const blockOf = (name: string) => Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? 0)
  const extra = [...header.tensors.keys()].find((name) => blockOf(name) >= allBlocks)
  if (extra) throw unusual(header.path, `it has ${allBlocks} blocks, but also a tensor ${extra}`)
  requireMatrix(header, 'token_embd.weight', [width, vocabSize])
  requireVector(header, 'output_norm.weight', width)
  if (header.tensors.has('output.weight')) requireMatrix(header, 'output.weight', [width, vocabSize])
  for (let i = 0; i < blocks; i++) {
    requireVector(header, `blk.${i}.attn_norm.weight`, width)
    requireVector(header, `blk.${i}.${form.isHybrid ? 'post_attention_norm' : 'ffn_norm'}.weight`, width)
    if (recurrent?.isRecurrent[i]) checkRecurrentBlock(header, i, width, recurrent)
    else checkAttention(header, i, sizes, form)
    checkFeedForward(header, i, sizes)
  }
}

function checkAttention(
  header: GgufHeader,
  i: number,
  { embeddingLength: width, heads, headDim, kvHeads }: TextSizes,
  { hasHeadNorms, isHybrid }: Form,
): void {
  const name = (part: string) => `blk.${i}.${part}`
  const queries = headDim * heads
  const keys = headDim * kvHeads
  for (const [part, rows] of [
    // beside each query stands its gate
    ['attn_q', isHybrid ? 2 * queries : queries],
    ['attn_k', keys],
    ['attn_v', keys],
  ] as const) {
    requireMatrix(header, name(`${part}.weight`), [width, rows])
    if (!header.tensors.has(name(`${part}.bias`))) continue
    if (hasHeadNorms) throw unusual(header.path, `its ${name(`${part}.bias`)} is more than its kind has`)
    requireVector(header, name(`${part}.bias`), rows)
  }
  requireMatrix(header, name('attn_output.weight'), [queries, width])
  if (hasHeadNorms)
    for (const part of ['attn_q_norm', 'attn_k_norm']) requireVector(header, name(`${part}.weight`), headDim)
}

function checkFeedForward(
  header: GgufHeader,
  i: number,
  { embeddingLength: width, feedForwardLength: inner, experts }: TextSizes,
): void {
  const weight = (part: string, ...dims: number[]) => requireMatrix(header, `blk.${i}.${part}.weight`, dims)
  if (!experts) {
    weight('ffn_gate', width, inner)
    weight('ffn_up', width, inner)
    weight('ffn_down', inner, width)
    return
  }
  const { count, feedForwardLength: own, sharedLength } = experts
  weight('ffn_gate_inp', width, count)
  weight('ffn_gate_exps', width, own, count)
  weight('ffn_up_exps', width, own, count)
  weight('ffn_down_exps', own, width, count)
  if (sharedLength === undefined) return
  weight('ffn_gate_inp_shexp', width)
  weight('ffn_gate_shexp', width, sharedLength)
  weight('ffn_up_shexp', width, sharedLength)
  weight('ffn_down_shexp', sharedLength, width)
}
