import type { GgufFile, Tensor } from './ggufWriter.ts'
import { Random } from './random.ts'
import type { ModelShape } from './shape.ts'
import { vocabulary } from './vocabulary.ts'
import { constant, randomQ4K, randomQ6K } from './weights.ts'

const SEED = 20_241_121
const Q4_K_S = 14

/** A language model with random Q4_K matrices and a Q6_K token table, which serves for the output too. */
export function textModel({ name, text }: ModelShape): GgufFile {
  const random = new Random(SEED)
  const { width, feedForward } = text
  const keys = (width / text.heads) * text.kvHeads
  const vector = (tensor: string, length: number, value: number): Tensor => ({
    name: tensor,
    dims: [length],
    weights: constant(value),
  })
  // deviating by 1 / sqrt(inputs), a matrix keeps the size of what goes through it
  const matrix = (tensor: string, inputs: number, outputs: number): Tensor => ({
    name: tensor,
    dims: [inputs, outputs],
    weights: randomQ4K(random, inputs ** -0.5),
  })
  const blocks = Array.from({ length: text.blocks }, (_, i) => `blk.${i}`).flatMap((block) => [
    vector(`${block}.attn_norm.weight`, width, 1),
    vector(`${block}.ffn_norm.weight`, width, 1),
    ...(
      [
        ['attn_q', width],
        ['attn_k', keys],
        ['attn_v', keys],
      ] as const
    ).flatMap(([part, rows]) => [
      matrix(`${block}.${part}.weight`, width, rows),
      vector(`${block}.${part}.bias`, rows, 0),
    ]),
    matrix(`${block}.attn_output.weight`, width, width),
    matrix(`${block}.ffn_gate.weight`, width, feedForward),
    matrix(`${block}.ffn_up.weight`, width, feedForward),
    matrix(`${block}.ffn_down.weight`, feedForward, width),
  ])
  return {
    metadata: {
      'general.architecture': { text: 'qwen2vl' },
      'general.type': { text: 'model' },
      'general.name': { text: name },
      'general.file_type': { u32: Q4_K_S },
      'general.quantization_version': { u32: 2 },
      'qwen2vl.block_count': { u32: text.blocks },
      'qwen2vl.context_length': { u32: text.contextTokens },
      'qwen2vl.embedding_length': { u32: width },
      'qwen2vl.feed_forward_length': { u32: feedForward },
      'qwen2vl.attention.head_count': { u32: text.heads },
      'qwen2vl.attention.head_count_kv': { u32: text.kvHeads },
      'qwen2vl.attention.layer_norm_rms_epsilon': { f32: 1e-6 },
      'qwen2vl.rope.freq_base': { f32: 1e6 },
      'qwen2vl.rope.dimension_sections': { i32s: text.ropeSections },
      ...vocabulary(text.normalTokens, text.vocabularySize),
    },
    tensors: [
      { name: 'token_embd.weight', dims: [width, text.vocabularySize], weights: randomQ6K(random, width ** -0.5) },
      vector('output_norm.weight', width, 1),
      ...blocks,
    ],
  }
}
