import type { GgufFile, Tensor } from './ggufWriter.ts'
import { Random } from './random.ts'
import type { ModelShape } from './shape.ts'
import { constant, randomF16 } from './weights.ts'

const SEED = 20_241_122
const F16 = 1
const PATCH = 14
const MERGED = 4

/** A Qwen2-VL vision tower and merger with random f16 matrices. */
export function projector({ name, text, vision }: ModelShape): GgufFile {
  const random = new Random(SEED)
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
  const norm = (part: string) => [vector(`${part}.weight`, width, 1), vector(`${part}.bias`, width, 0)]
  const kernel = (tensor: string) => matrix(tensor, [PATCH, PATCH, 3, width], PATCH * PATCH * 3 * 2)
  return {
    metadata: {
      'general.architecture': { text: 'clip' },
      'general.type': { text: 'mmproj' },
      'general.name': { text: `${name} vision` },
      'general.file_type': { u32: F16 },
      'clip.has_vision_encoder': { bool: true },
      'clip.projector_type': { text: 'qwen2vl_merger' },
      'clip.vision.image_size': { u32: 560 },
      'clip.vision.patch_size': { u32: PATCH },
      'clip.vision.embedding_length': { u32: width },
      'clip.vision.feed_forward_length': { u32: feedForward },
      'clip.vision.block_count': { u32: vision.blocks },
      'clip.vision.attention.head_count': { u32: vision.heads },
      'clip.vision.attention.layer_norm_epsilon': { f32: 1e-6 },
      'clip.vision.projection_dim': { u32: text.width },
      'clip.vision.image_mean': { f32s: [0.48145466, 0.4578275, 0.40821073] },
      'clip.vision.image_std': { f32s: [0.26862954, 0.26130258, 0.27577711] },
    },
    tensors: [
      kernel('v.patch_embd.weight'),
      kernel('v.patch_embd.weight.1'),
      ...Array.from({ length: vision.blocks }, (_, i) => `v.blk.${i}`).flatMap((block) => [
        ...norm(`${block}.ln1`),
        ...norm(`${block}.ln2`),
        ...['attn_q', 'attn_k', 'attn_v', 'attn_out'].flatMap((part) => linear(`${block}.${part}`, width, width)),
        ...linear(`${block}.ffn_up`, width, feedForward),
        ...linear(`${block}.ffn_down`, feedForward, width),
      ]),
      ...norm('v.post_ln'),
      ...linear('mm.0', width * MERGED, width * MERGED),
      ...linear('mm.2', width * MERGED, text.width),
    ],
  }
}
