import { basename } from 'node:path'
import { AppError } from '#contract'
import { Fields } from './fields.ts'
import type { GgufHeader } from './header.ts'
import { damaged, printable, unsupported } from './problems.ts'
import { requireMatrix, requireTensor, requireVector } from './shapes.ts'

/** What is known of a projector (vision tower and merger) from its header. Lengths in numbers. */
export interface ProjectorFacts {
  readonly family: 'qwen2vl' | 'qwen25vl'
  readonly embeddingLength: number
  readonly blocks: number
  readonly heads: number
  /** Width between the two (or three) matrices of a block, from their shape: the metadata has it wrong in some files. */
  readonly ffnLength: number
  /** Width of what goes into the language model. */
  readonly outputLength: number
  /** Every n-th block looks at the whole picture, the others at windows of 112 x 112 pixels; 0: all look at the whole. */
  readonly windowPattern: number
  /** Per colour channel, for pixel values scaled to 0..1. */
  readonly mean: readonly [number, number, number]
  readonly std: readonly [number, number, number]
  readonly eps: number
  /** Size of the file. */
  readonly bytes: number
}

const PATCH = 14
const MERGE = 2
const MAX_NAME = 80
const MAX_BLOCKS = 512
const MAX_LENGTH = 65_536
const families: Readonly<Record<string, ProjectorFacts['family']>> = { qwen2vl_merger: 'qwen2vl', 'qwen2.5vl_merger': 'qwen25vl' }

/**
 * Checks that the header is that of a Qwen2-VL or Qwen2.5-VL projector with every tensor the vision graph takes, in
 * shapes that fit each other.
 * @throws AppError UnsupportedModel, ModelDamaged, ProjectorMismatch when it is a language model.
 */
export function checkProjector(header: GgufHeader): ProjectorFacts {
  const { path } = header
  const fields = new Fields(header)
  const family = checkKind(header, fields)
  const key = (name: string) => `clip.vision.${name}`
  if (fields.u32(key('patch_size')) !== PATCH)
    throw unsupported(
      path,
      `cuts pictures into patches of another size than ${PATCH} pixels. Choose a Qwen2-VL or Qwen2.5-VL projector.`,
    )
  if (fields.has(key('spatial_merge_size')) && fields.u32(key('spatial_merge_size')) !== MERGE)
    throw unsupported(path, 'merges another number of patches than 2 x 2. Choose a Qwen2-VL or Qwen2.5-VL projector.')
  const blocks = fields.u32(key('block_count'), { min: 1, max: MAX_BLOCKS })
  const embeddingLength = fields.u32(key('embedding_length'), { min: 1, max: MAX_LENGTH })
  const heads = fields.u32(key('attention.head_count'), { min: 1, max: embeddingLength })
  if ((embeddingLength / heads) % 4 !== 0)
    throw damaged(path, `${heads} attention heads do not fit a width of ${embeddingLength}`)
  const eps = fields.f32(key('attention.layer_norm_epsilon'), { min: 1e-12, max: 1e-2 })
  const mean = fields.numbers(key('image_mean'), 3, ['f32'])
  const std = fields.numbers(key('image_std'), 3, ['f32'])
  if (mean.some((value) => Math.abs(value) > 10) || std.some((value) => value < 1e-3 || value > 10))
    throw damaged(path, 'its image_mean or image_std is out of range')
  const windowPattern = family === 'qwen25vl' ? fields.u32(key('n_wa_pattern'), { max: MAX_BLOCKS }) : 0

  const outputLength = requireTensor(header, 'mm.2.weight').dims[1] ?? 1
  if (fields.u32(key('projection_dim')) !== outputLength)
    throw damaged(path, `its projection_dim is not the ${outputLength} of its tensor mm.2.weight`)
  const ffnLength = feedForwardLength(header, embeddingLength)
  checkTensors(header, { family, blocks, embeddingLength, ffnLength, outputLength })
  const sizes = { embeddingLength, blocks, heads, ffnLength, outputLength }
  return { family, ...sizes, windowPattern, mean: triple(mean), std: triple(std), eps, bytes: header.fileBytes }
}

function triple(values: readonly number[]): [number, number, number] {
  return [values[0]!, values[1]!, values[2]!]
}

function checkKind(header: GgufHeader, fields: Fields): ProjectorFacts['family'] {
  const { path } = header
  const architecture = fields.text('general.architecture')
  if (architecture === null) throw damaged(path, 'it does not say what kind of model it is')
  if (architecture !== 'clip')
    throw new AppError(
      'ProjectorMismatch',
      `${basename(path)} is a language model (${printable(architecture, MAX_NAME)}), not a projector. ` +
        'The two files may be swapped: choose the file whose name has "mmproj" as the projector.',
      { path },
    )
  if (!fields.bool('clip.has_vision_encoder', false))
    throw unsupported(path, 'has no vision part. Choose the projector of a Qwen2-VL or Qwen2.5-VL model.')
  const type = fields.text('clip.projector_type') ?? fields.text('clip.vision.projector_type')
  const family = type !== null && Object.hasOwn(families, type) ? families[type] : undefined
  if (!family)
    throw unsupported(
      path,
      `is a projector of the kind "${printable(type ?? 'unknown', MAX_NAME)}". Choose the projector of a Qwen2-VL or Qwen2.5-VL model.`,
    )
  if (header.tensors.has('v.blk.0.attn_qkv.weight'))
    throw unsupported(
      path,
      'stores queries, keys and values together, which is not supported yet. Choose another conversion of the projector.',
    )
  return family
}

function feedForwardLength(header: GgufHeader, width: number): number {
  const { dims } = requireTensor(header, 'v.blk.0.ffn_up.weight')
  // early converters named the two matrices the wrong way round
  if (dims[0] !== width && dims[1] === width)
    throw unsupported(
      header.path,
      'was made by an early converter that mixed up two matrices. Choose a newer conversion of the projector.',
    )
  return dims[1] ?? 1
}

type Sizes = Pick<ProjectorFacts, 'family' | 'blocks' | 'embeddingLength' | 'ffnLength' | 'outputLength'>

function checkTensors(header: GgufHeader, { family, blocks, embeddingLength: width, ffnLength, outputLength }: Sizes): void {
  const linear = (name: string, columns: number, rows: number) => {
    requireMatrix(header, `${name}.weight`, [columns, rows])
    requireVector(header, `${name}.bias`, rows)
  }
  const norm = (name: string) => {
    requireVector(header, `${name}.weight`, width)
    if (family === 'qwen2vl') requireVector(header, `${name}.bias`, width)
  }
  requireMatrix(header, 'v.patch_embd.weight', [PATCH, PATCH, 3, width])
  requireMatrix(header, 'v.patch_embd.weight.1', [PATCH, PATCH, 3, width])
  for (let i = 0; i < blocks; i++) {
    const name = (part: string) => `v.blk.${i}.${part}`
    norm(name('ln1'))
    norm(name('ln2'))
    for (const part of ['attn_q', 'attn_k', 'attn_v', 'attn_out']) linear(name(part), width, width)
    linear(name('ffn_up'), width, ffnLength)
    if (family === 'qwen25vl') linear(name('ffn_gate'), width, ffnLength)
    linear(name('ffn_down'), ffnLength, width)
  }
  const merged = width * MERGE * MERGE
  norm('v.post_ln')
  linear('mm.0', merged, merged)
  linear('mm.2', merged, outputLength)
}
