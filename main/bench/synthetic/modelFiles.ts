import { visionOf } from '../../lib/families/families.ts'
import type { GgufFile, Tensor, Value } from './ggufWriter.ts'
import { Random, constant, randomF16, randomF32, randomQ4K, randomQ6K } from './weights.ts'

/** The shape of a pair: a language model and the projector before it. Widths in numbers. */
export interface ModelShape {
  /** Unset: Qwen2-VL. */
  readonly family?: 'qwen2vl' | 'qwen3vl' | 'qwen35'
  /** Part of the files' names. */
  readonly id: string
  readonly name: string
  readonly text: {
    readonly blocks: number
    readonly width: number
    readonly heads: number
    readonly kvHeads: number
    /** Unset: the width's share of a head. */
    readonly headLength?: number
    readonly feedForward: number
    readonly ropeSections: readonly [number, number, number, number]
    readonly contextTokens: number
    readonly normalTokens: number
    readonly vocabularySize: number
    /** Of a hybrid model: its recurrent blocks, of which every `interval`-th has attention instead. */
    readonly recurrent?: {
      readonly interval: number
      readonly kernel: number
      readonly headLength: number
      readonly keyHeads: number
      readonly valueHeads: number
    }
  }
  readonly vision: {
    readonly blocks: number
    readonly width: number
    readonly heads: number
    readonly feedForward: number
    /** Blocks whose outputs go into the language model's first layers, if any, and the side of the table of positions. */
    readonly deep?: { readonly blocks: readonly number[]; readonly positionSide: number }
  }
}

/** Qwen2-VL-2B. */
export const qwen2vl2b: ModelShape = {
  id: 'qwen2-vl-2b',
  name: 'Synthetic Qwen2-VL 2B',
  text: {
    blocks: 28,
    width: 1536,
    heads: 12,
    kvHeads: 2,
    feedForward: 8960,
    ropeSections: [16, 24, 24, 0],
    contextTokens: 32768,
    normalTokens: 151_643,
    vocabularySize: 151_936,
  },
  vision: { blocks: 32, width: 1280, heads: 16, feedForward: 5120 },
}

/** Qwen3-VL-2B. */
export const qwen3vl2b: ModelShape = {
  family: 'qwen3vl',
  id: 'qwen3-vl-2b',
  name: 'Synthetic Qwen3-VL 2B',
  text: {
    blocks: 28,
    width: 2048,
    heads: 16,
    kvHeads: 8,
    headLength: 128,
    feedForward: 6144,
    ropeSections: [24, 20, 20, 0],
    contextTokens: 262_144,
    normalTokens: 151_643,
    vocabularySize: 151_936,
  },
  vision: {
    blocks: 24,
    width: 1024,
    heads: 16,
    feedForward: 4096,
    deep: { blocks: [5, 11, 17], positionSide: 48 },
  },
}

/** What all sizes of Qwen3.5 share. */
const qwen35Text = {
  headLength: 256,
  ropeSections: [11, 11, 10, 0],
  contextTokens: 262_144,
  normalTokens: 248_044,
  vocabularySize: 248_320,
} as const

/** Qwen3.5-0.8B. The heads of its recurrent blocks are those of its larger sizes' keys: no page that tells them was found. */
export const qwen35Small: ModelShape = {
  family: 'qwen35',
  id: 'qwen3.5-0.8b',
  name: 'Synthetic Qwen3.5 0.8B',
  text: {
    ...qwen35Text,
    blocks: 24,
    width: 1024,
    heads: 8,
    kvHeads: 2,
    feedForward: 3584,
    recurrent: { interval: 4, kernel: 4, headLength: 128, keyHeads: 16, valueHeads: 16 },
  },
  vision: { blocks: 12, width: 768, heads: 12, feedForward: 3072, deep: { blocks: [], positionSide: 48 } },
}

/** Qwen3.5-4B. */
export const qwen35Large: ModelShape = {
  family: 'qwen35',
  id: 'qwen3.5-4b',
  name: 'Synthetic Qwen3.5 4B',
  text: {
    ...qwen35Text,
    blocks: 32,
    width: 2560,
    heads: 16,
    kvHeads: 4,
    feedForward: 9216,
    recurrent: { interval: 4, kernel: 4, headLength: 128, keyHeads: 16, valueHeads: 32 },
  },
  vision: { blocks: 24, width: 1024, heads: 16, feedForward: 4096, deep: { blocks: [], positionSide: 48 } },
}

/** The shapes that can be named. */
export const shapes: readonly ModelShape[] = [qwen2vl2b, qwen3vl2b, qwen35Small, qwen35Large]

/** Writes as Qwen3.5's does: an answer begins with thoughts, here empty ones, which earlier answers do not have. */
const THINKING_TEMPLATE = `{%- for message in messages -%}
{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n<think>\\n\\n</think>\\n\\n' }}{% endif -%}`

/** Qwen2-VL's special tokens in their order, from the first id after the ordinary tokens. */
const SPECIAL = [
  '<|endoftext|>',
  '<|im_start|>',
  '<|im_end|>',
  '<|object_ref_start|>',
  '<|object_ref_end|>',
  '<|box_start|>',
  '<|box_end|>',
  '<|quad_start|>',
  '<|quad_end|>',
  '<|vision_start|>',
  '<|vision_end|>',
  '<|vision_pad|>',
  '<|image_pad|>',
  '<|video_pad|>',
]
const TokenType = { normal: 1, control: 3, unused: 5 } as const

/** GPT-2's 256 letters, one for each byte: printable bytes stand for themselves, the others follow from U+0100 on. */
function byteAlphabet(): string[] {
  const isPrintable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
  const bytes = Array.from({ length: 256 }, (_, byte) => byte)
  const hidden = bytes.filter((byte) => !isPrintable(byte))
  return [
    ...bytes.filter(isPrintable).map((byte) => String.fromCharCode(byte)),
    ...hidden.map((_, i) => String.fromCharCode(256 + i)),
  ]
}

/**
 * A byte-level BPE vocabulary in Qwen2's form: `normal` ordinary tokens (the bytes, then all pairs, then triples of
 * them, each with its merge), the special tokens, and unused ones up to `size`.
 */
function vocabulary(normal: number, size: number, splitting: string): Record<string, Value> {
  const alphabet = byteAlphabet()
  const tokens = alphabet.slice(0, normal)
  const merges: string[] = []
  // every token from the first on is lengthened by each byte: pairs come from bytes, triples from pairs
  for (let left = 0; tokens.length < normal; left++)
    for (const right of alphabet) {
      if (tokens.length === normal) break
      merges.push(`${tokens[left]} ${right}`)
      tokens.push(tokens[left]! + right)
    }
  tokens.push(...SPECIAL)
  const used = tokens.length
  while (tokens.length < size) tokens.push(`[PAD${tokens.length}]`)
  const id = (token: string) => ({ u32: normal + SPECIAL.indexOf(token) })
  return {
    'tokenizer.ggml.model': { text: 'gpt2' },
    'tokenizer.ggml.pre': { text: splitting },
    'tokenizer.ggml.tokens': { texts: tokens },
    'tokenizer.ggml.token_type': {
      i32s: tokens.map((_, i) => (i < normal ? TokenType.normal : i < used ? TokenType.control : TokenType.unused)),
    },
    'tokenizer.ggml.merges': { texts: merges },
    'tokenizer.ggml.eos_token_id': id('<|im_end|>'),
    'tokenizer.ggml.padding_token_id': id('<|endoftext|>'),
    'tokenizer.ggml.bos_token_id': id('<|endoftext|>'),
    'tokenizer.ggml.add_bos_token': { bool: false },
  }
}

type Recurrent = NonNullable<ModelShape['text']['recurrent']>
const ropeBases = { qwen2vl: 1e6, qwen3vl: 5e6, qwen35: 1e7 } as const
const SEED = 20_241_121
const Q4_K_S = 14

/** A language model with random Q4_K matrices and a Q6_K token table, which serves for the output too. */
export function textModel({ name, text, vision, family = 'qwen2vl' }: ModelShape): GgufFile {
  const random = new Random(SEED)
  const { width, feedForward } = text
  const headLength = text.headLength ?? width / text.heads
  const queries = headLength * text.heads
  const keys = headLength * text.kvHeads
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
  const { recurrent } = text
  const gated = recurrent ? 2 : 1
  const attention = (block: string): Tensor[] => [
    ...(
      [
        ['attn_q', gated * queries],
        ['attn_k', keys],
        ['attn_v', keys],
      ] as const
    ).flatMap(([part, rows]) => [
      matrix(`${block}.${part}.weight`, width, rows),
      ...(family === 'qwen2vl' ? [vector(`${block}.${part}.bias`, rows, 0)] : []),
    ]),
    ...(family === 'qwen2vl'
      ? []
      : ['attn_q_norm', 'attn_k_norm'].map((part) => vector(`${block}.${part}.weight`, headLength, 1))),
    matrix(`${block}.attn_output.weight`, queries, width),
  ]
  const state = (block: string, { kernel, headLength: head, keyHeads, valueHeads }: Recurrent): Tensor[] => {
    const inner = head * valueHeads
    const mixed = inner + 2 * head * keyHeads
    return [
      matrix(`${block}.attn_qkv.weight`, width, mixed),
      matrix(`${block}.attn_gate.weight`, width, inner),
      { name: `${block}.ssm_conv1d.weight`, dims: [kernel, mixed], weights: constant(kernel ** -0.5) },
      vector(`${block}.ssm_dt.bias`, valueHeads, 0),
      // forgets a third with each token
      vector(`${block}.ssm_a`, valueHeads, -0.5),
      matrix(`${block}.ssm_alpha.weight`, width, valueHeads),
      matrix(`${block}.ssm_beta.weight`, width, valueHeads),
      vector(`${block}.ssm_norm.weight`, head, 1),
      matrix(`${block}.ssm_out.weight`, inner, width),
    ]
  }
  const blocks = Array.from({ length: text.blocks }, (_, i) => `blk.${i}`).flatMap((block, i) => [
    vector(`${block}.attn_norm.weight`, width, 1),
    vector(`${block}.${recurrent ? 'post_attention_norm' : 'ffn_norm'}.weight`, width, 1),
    ...(recurrent && (i + 1) % recurrent.interval !== 0 ? state(block, recurrent) : attention(block)),
    matrix(`${block}.ffn_gate.weight`, width, feedForward),
    matrix(`${block}.ffn_up.weight`, width, feedForward),
    matrix(`${block}.ffn_down.weight`, feedForward, width),
  ])
  return {
    metadata: {
      'general.architecture': { text: family },
      'general.type': { text: 'model' },
      'general.name': { text: name },
      'general.file_type': { u32: Q4_K_S },
      'general.quantization_version': { u32: 2 },
      [`${family}.block_count`]: { u32: text.blocks },
      [`${family}.context_length`]: { u32: text.contextTokens },
      [`${family}.embedding_length`]: { u32: width },
      [`${family}.feed_forward_length`]: { u32: feedForward },
      [`${family}.attention.head_count`]: { u32: text.heads },
      [`${family}.attention.head_count_kv`]: { u32: text.kvHeads },
      [`${family}.attention.layer_norm_rms_epsilon`]: { f32: 1e-6 },
      [`${family}.rope.freq_base`]: { f32: ropeBases[family] },
      [`${family}.rope.dimension_sections`]: { i32s: text.ropeSections },
      ...(family !== 'qwen2vl' && {
        [`${family}.attention.key_length`]: { u32: headLength },
        [`${family}.attention.value_length`]: { u32: headLength },
      }),
      ...(family === 'qwen3vl' && { [`${family}.n_deepstack_layers`]: { u32: vision.deep?.blocks.length ?? 0 } }),
      ...(recurrent && {
        [`${family}.ssm.conv_kernel`]: { u32: recurrent.kernel },
        [`${family}.ssm.state_size`]: { u32: recurrent.headLength },
        [`${family}.ssm.group_count`]: { u32: recurrent.keyHeads },
        [`${family}.ssm.time_step_rank`]: { u32: recurrent.valueHeads },
        [`${family}.ssm.inner_size`]: { u32: recurrent.headLength * recurrent.valueHeads },
        [`${family}.full_attention_interval`]: { u32: recurrent.interval },
        [`${family}.rope.dimension_count`]: { u32: 2 * text.ropeSections.reduce((sum, pairs) => sum + pairs, 0) },
        'tokenizer.chat_template': { text: THINKING_TEMPLATE },
      }),
      ...vocabulary(text.normalTokens, text.vocabularySize, recurrent ? 'qwen35' : 'qwen2'),
    },
    tensors: [
      { name: 'token_embd.weight', dims: [width, text.vocabularySize], weights: randomQ6K(random, width ** -0.5) },
      vector('output_norm.weight', width, 1),
      ...blocks,
    ],
  }
}

const PROJECTOR_SEED = 20_241_122
const F16 = 1
const MERGED = 4

/** A vision tower and merger with random f16 matrices. */
export function projector({ name, text, vision, family = 'qwen2vl' }: ModelShape): GgufFile {
  const { patchPixels: patch } = visionOf(family)
  const { deep } = vision
  const random = new Random(PROJECTOR_SEED)
  const { width, feedForward } = vision
  const matrix = (tensor: string, dims: readonly number[], inputs: number): Tensor => ({
    name: tensor,
    dims,
    weights: randomF16(random, inputs ** -0.5),
  })
  const vector = (tensor: string, length: number, value: number): Tensor => ({
    name: tensor,
    dims: [length],
    weights: constant(value),
  })
  const linear = (part: string, inputs: number, outputs: number) => [
    matrix(`${part}.weight`, [inputs, outputs], inputs),
    vector(`${part}.bias`, outputs, 0),
  ]
  const norm = (part: string, length = width) => [
    vector(`${part}.weight`, length, 1),
    vector(`${part}.bias`, length, 0),
  ]
  const kernel = (tensor: string) => matrix(tensor, [patch, patch, 3, width], patch * patch * 3 * 2)
  return {
    metadata: {
      'general.architecture': { text: 'clip' },
      'general.type': { text: 'mmproj' },
      'general.name': { text: `${name} vision` },
      'general.file_type': { u32: F16 },
      'clip.has_vision_encoder': { bool: true },
      'clip.projector_type': { text: deep ? 'qwen3vl_merger' : 'qwen2vl_merger' },
      'clip.vision.image_size': { u32: 560 },
      'clip.vision.patch_size': { u32: patch },
      'clip.vision.embedding_length': { u32: width },
      'clip.vision.feed_forward_length': { u32: feedForward },
      'clip.vision.block_count': { u32: vision.blocks },
      'clip.vision.attention.head_count': { u32: vision.heads },
      'clip.vision.attention.layer_norm_epsilon': { f32: 1e-6 },
      'clip.vision.projection_dim': { u32: text.width },
      'clip.vision.image_mean': { f32s: deep ? [0.5, 0.5, 0.5] : [0.48145466, 0.4578275, 0.40821073] },
      'clip.vision.image_std': { f32s: deep ? [0.5, 0.5, 0.5] : [0.26862954, 0.26130258, 0.27577711] },
      ...(deep && {
        'clip.vision.is_deepstack_layers': {
          bools: Array.from({ length: vision.blocks }, (_, i) => deep.blocks.includes(i)),
        },
      }),
    },
    tensors: [
      kernel('v.patch_embd.weight'),
      kernel('v.patch_embd.weight.1'),
      ...Array.from({ length: vision.blocks }, (_, i) => `v.blk.${i}`).flatMap((block) => [
        ...norm(`${block}.ln1`),
        ...norm(`${block}.ln2`),
        ...(deep
          ? linear(`${block}.attn_qkv`, width, 3 * width)
          : ['attn_q', 'attn_k', 'attn_v'].flatMap((part) => linear(`${block}.${part}`, width, width))),
        ...linear(`${block}.attn_out`, width, width),
        ...linear(`${block}.ffn_up`, width, feedForward),
        ...linear(`${block}.ffn_down`, feedForward, width),
      ]),
      ...norm('v.post_ln'),
      ...linear('mm.0', width * MERGED, width * MERGED),
      ...linear('mm.2', width * MERGED, text.width),
      ...(deep
        ? [
            vector('v.patch_embd.bias', width, 0),
            // published files have it in single precision, which llama-mtmd-cli wants
            {
              name: 'v.position_embd.weight',
              dims: [width, deep.positionSide ** 2],
              weights: randomF32(random, width ** -0.5),
            },
            ...deep.blocks.flatMap((block) => [
              ...norm(`v.deepstack.${block}.norm`, width * MERGED),
              ...linear(`v.deepstack.${block}.fc1`, width * MERGED, width * MERGED),
              ...linear(`v.deepstack.${block}.fc2`, width * MERGED, text.width),
            ]),
          ]
        : []),
    ],
  }
}
