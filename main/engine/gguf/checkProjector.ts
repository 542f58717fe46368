import type { ModelFamily } from '#contract'
import { runningFamilies, visionOf } from '../../lib/families/index.ts'
import { Fields } from './fields.ts'
import type { GgufHeader, TensorInfo } from './header.ts'
import { projectorKind } from './projectorKind.ts'
import { towerTensors } from './projectorTensors.ts'
import { unsupported, unusual } from './problems.ts'
import { requireMatrix, requireTensor, requireVector } from './shapes.ts'

/** What is known of a projector (vision tower and merger) from its header. Lengths in numbers. */
export interface ProjectorFacts {
  /** The family whose tower it has. */
  readonly family: ModelFamily
  /** Id of the family that it belongs to: Qwen2.5-Omni has the tower of Qwen2.5-VL. */
  readonly kind: string
  readonly embeddingLength: number
  readonly blocks: number
  readonly heads: number
  /** Width between the two (or three) matrices of a block, from their shape: the metadata has it wrong in some files. */
  readonly ffnLength: number
  /** Width of what goes into the language model. */
  readonly outputLength: number
  /** The blocks that look at the whole picture, the others look at windows of 112 x 112 pixels; null: all look at the whole. */
  readonly fullBlocks: readonly number[] | null
  /** Per colour channel, for pixel values scaled to 0..1. */
  readonly mean: readonly [number, number, number]
  readonly std: readonly [number, number, number]
  readonly eps: number
  /** Of the tensors that the graph takes. */
  readonly bytes: number
  /** Where the tensors' offsets count from, in bytes from the start of the file. */
  readonly dataOffset: number
  /** The tensors that the vision graph takes, by the names it knows them under. */
  readonly tensors: ReadonlyMap<string, TensorInfo>
}

const MERGE = 2
/** Converters write this window for families without windows too. */
const USUAL_WINDOW = 112
const MAX_BLOCKS = 512
const MAX_LENGTH = 65_536
/** Number types of biases and norms; the graph gets them as F32. */
const VECTOR_TYPES = ['F32', 'F16', 'BF16']

/**
 * Checks that the header is that of a projector which runs, with every tensor the vision graph takes, in shapes that fit
 * each other.
 * @throws AppError UnsupportedModel, ProjectorMismatch when it is a language model.
 */
export function checkProjector(header: GgufHeader): ProjectorFacts {
  const { path } = header
  const fields = new Fields(header)
  const { family: kind, tower: family } = projectorKind(header)
  const key = (name: string) => `clip.vision.${name}`
  const advice = `Choose a ${runningFamilies} projector.`
  const { patchPixels, windowPixels } = visionOf(family)
  if (fields.u32(key('patch_size')) !== patchPixels)
    throw unsupported(path, `cuts pictures into patches of another size than ${patchPixels} pixels. ${advice}`)
  if (fields.has(key('spatial_merge_size')) && fields.u32(key('spatial_merge_size')) !== MERGE)
    throw unsupported(path, `merges another number of patches than 2 x 2. ${advice}`)
  const window = windowPixels ?? USUAL_WINDOW
  if (fields.has(key('window_size')) && fields.u32(key('window_size')) !== window)
    throw unsupported(path, `looks at windows of another size than ${window} pixels. ${advice}`)
  const blocks = fields.u32(key('block_count'), { min: 1, max: MAX_BLOCKS })
  const embeddingLength = fields.u32(key('embedding_length'), { min: 1, max: MAX_LENGTH })
  const heads = fields.u32(key('attention.head_count'), { min: 1, max: embeddingLength })
  if ((embeddingLength / heads) % 4 !== 0)
    throw unusual(path, `${heads} attention heads do not fit a width of ${embeddingLength}`)
  const eps = fields.f32(key('attention.layer_norm_epsilon'), { min: 1e-12, max: 1e-2 })
  const mean = fields.numbers(key('image_mean'), 3, ['f32'])
  const std = fields.numbers(key('image_std'), 3, ['f32'])
  if (mean.some((value) => Math.abs(value) > 10) || std.some((value) => value < 1e-3 || value > 10))
    throw unusual(path, 'its image_mean or image_std is out of range')
  const fullBlocks = windowPixels === null ? null : wholePictureBlocks(path, fields, blocks)

  const tensors = towerTensors(header, embeddingLength)
  const tower = { ...header, tensors }
  const outputLength = requireTensor(tower, 'mm.2.weight').dims[1] ?? 1
  if (fields.u32(key('projection_dim')) !== outputLength)
    throw unusual(path, `its projection_dim is not the ${outputLength} of its tensor mm.2.weight`)
  const ffnLength = requireTensor(tower, 'v.blk.0.ffn_up.weight').dims[1] ?? 1
  const sizes = { family, blocks, embeddingLength, ffnLength, outputLength }
  checkTensors(tower, sizes)
  const picture = { mean: triple(mean), std: triple(std), eps }
  const bytes = [...tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0)
  return { ...sizes, kind, heads, fullBlocks, ...picture, bytes, dataOffset: header.dataOffset, tensors }
}

function triple(values: readonly number[]): [number, number, number] {
  return [values[0]!, values[1]!, values[2]!]
}

/**
 * Blocks that look at the whole picture: every n-th (`n_wa_pattern`, 0: all), or a list of them (`fullatt_block_indexes` of
 * the fork of spring 2025, `wa_layer_indexes`). @throws AppError UnsupportedModel.
 */
function wholePictureBlocks(path: string, fields: Fields, blocks: number): readonly number[] | null {
  const pattern = 'clip.vision.n_wa_pattern'
  for (const key of ['clip.vision.fullatt_block_indexes', 'clip.vision.wa_layer_indexes']) {
    if (!fields.has(key)) continue
    const listed = fields.numbers(key, fields.listLength(key, ['i32', 'u32']) ?? 0, ['i32', 'u32'])
    if (listed.some((block) => block < 0 || block >= blocks))
      throw unusual(path, `${key} names a block that it does not have`)
    return listed
  }
  if (!fields.has(pattern))
    throw unusual(path, `it does not say which of its blocks look at the whole picture (${pattern})`)
  const every = fields.u32(pattern, { max: MAX_BLOCKS })
  return every === 0 ? null : Array.from({ length: blocks }, (_, i) => i).filter((i) => (i + 1) % every === 0)
}

type Sizes = Pick<ProjectorFacts, 'family' | 'blocks' | 'embeddingLength' | 'ffnLength' | 'outputLength'>

function checkTensors(
  header: GgufHeader,
  { family, blocks, embeddingLength: width, ffnLength, outputLength }: Sizes,
): void {
  const { norm: kind, hasGate, patchPixels } = visionOf(family)
  const linear = (name: string, columns: number, rows: number) => {
    requireMatrix(header, `${name}.weight`, [columns, rows])
    requireVector(header, `${name}.bias`, rows, VECTOR_TYPES)
  }
  const norm = (name: string) => {
    requireVector(header, `${name}.weight`, width, VECTOR_TYPES)
    if (kind === 'layer') requireVector(header, `${name}.bias`, width, VECTOR_TYPES)
  }
  requireMatrix(header, 'v.patch_embd.weight', [patchPixels, patchPixels, 3, width])
  requireMatrix(header, 'v.patch_embd.weight.1', [patchPixels, patchPixels, 3, width])
  for (let i = 0; i < blocks; i++) {
    const name = (part: string) => `v.blk.${i}.${part}`
    norm(name('ln1'))
    norm(name('ln2'))
    for (const part of ['attn_q', 'attn_k', 'attn_v', 'attn_out']) linear(name(part), width, width)
    linear(name('ffn_up'), width, ffnLength)
    if (hasGate) linear(name('ffn_gate'), width, ffnLength)
    linear(name('ffn_down'), ffnLength, width)
  }
  const merged = width * MERGE * MERGE
  norm('v.post_ln')
  linear('mm.0', merged, merged)
  linear('mm.2', merged, outputLength)
}
