import { basename } from 'node:path'
import { AppError } from '#contract'
import type { ModelFamily } from '#contract'
import {
  familyById,
  familyLabel,
  familyOfProjector,
  isModelFamily,
  runningFamilies,
  visionOf,
} from '../../lib/families/families.ts'
import { Fields, requireMatrix, requireTensor, requireVector } from './header.ts'
import type { GgufHeader, TensorInfo } from './header.ts'
import { printable, unsupported, unusual } from './problems.ts'

const FUSED = /^(v\.blk\.\d+)\.attn_qkv\.(weight|bias)$/
const HALF = /^(v\.blk\.\d+\.ffn_)(up|down)\.(weight|bias)$/
/** Of a tower with learned positions. qwen2_vl_surgery.py wrote one too, which no model uses, for its time's clip.cpp. */
export const POSITIONS = 'v.position_embd.weight'

/**
 * The tensors of a vision tower and its merger under the names of today's converter, whichever tool wrote them; others (the
 * dummy of qwen2_vl_surgery.py, the sound part of Qwen2.5-Omni) are left out. The surgery of December 2024 wrote the two
 * halves of each block's feed-forward under each other's names; other tools kept queries, keys and values in one matrix,
 * which is their rows one after the other. `width`: the tower's embedding length; `isDeep`: it has learned positions.
 */
export function towerTensors({ tensors }: GgufHeader, width: number, isDeep: boolean): Map<string, TensorInfo> {
  const exchanged = { weight: areWeightsExchanged(tensors, width), bias: areBiasesExchanged(tensors, width) }
  const found = new Map<string, TensorInfo>()
  for (const tensor of tensors.values()) {
    const { name } = tensor
    if (!/^(v|mm)\./.test(name) || name.startsWith('mm.a.') || (name === POSITIONS && !isDeep)) continue
    const fused = FUSED.exec(name)
    const half = HALF.exec(name)
    if (fused) for (const part of thirds(tensor, fused[1]!, fused[2]!)) found.set(part.name, part)
    else if (half && exchanged[half[3] as 'weight' | 'bias']) {
      const own = `${half[1]}${half[2] === 'up' ? 'down' : 'up'}.${half[3]}`
      found.set(own, { ...tensor, name: own })
    } else found.set(name, tensor)
  }
  return found
}

/** Whether the halves of the feed-forward are under each other's names, which only its shapes tell. */
export function areHalvesExchanged({ tensors }: GgufHeader, width: number): boolean {
  return areWeightsExchanged(tensors, width)
}

type Tensors = ReadonlyMap<string, TensorInfo>

/** `ffn_up` leads from the width to the inner length. Where both are equal only the tool tells: that with the dummy exchanged them. */
function areWeightsExchanged(tensors: Tensors, width: number): boolean {
  const dims = tensors.get('v.blk.0.ffn_up.weight')?.dims ?? []
  const [columns, rows] = [dims[0], dims[1] ?? 1]
  if (columns === width && rows === width) return tensors.has(POSITIONS) && !tensors.has('v.blk.0.ffn_gate.weight')
  return columns !== width && rows === width
}

function areBiasesExchanged(tensors: Tensors, width: number): boolean {
  const [up, down] = ['up', 'down'].map((half) => tensors.get(`v.blk.0.ffn_${half}.bias`)?.dims[0])
  return up === down ? areWeightsExchanged(tensors, width) : up === width
}

/** Queries, keys and values out of one tensor: rows are contiguous, so each is a third of its bytes. */
function thirds(tensor: TensorInfo, block: string, part: string): TensorInfo[] {
  const last = tensor.dims.length - 1
  const dims = tensor.dims.map((dim, i) => (i === last ? dim / 3 : dim))
  const bytes = tensor.bytes / 3
  return ['q', 'k', 'v'].map((letter, i) => ({
    ...tensor,
    name: `${block}.attn_${letter}.${part}`,
    dims,
    bytes,
    offset: tensor.offset + i * bytes,
  }))
}

const DEEP_BLOCKS = 'clip.vision.is_deepstack_layers'
const MAX_NAME = 80
const ADVICE = `Choose the projector of a ${runningFamilies} model.`
/** Flags of projectors from before there was a projector type, and the type that they stand for. */
const flags: readonly (readonly [string, string])[] = [
  ['clip.has_qwen2vl_merger', 'qwen2vl_merger'],
  ['clip.has_minicpmv_projector', 'resampler'],
  ['clip.has_glm_projector', 'adapter'],
  ['clip.has_llava_projector', 'mlp'],
]

/** Whose projector it is. */
export interface ProjectorKind {
  /** Id of the family that it belongs to. */
  readonly family: string
  /** The family whose tower it has. */
  readonly tower: ModelFamily
}

/** Id of the family that a projector belongs to, also of one that does not run; a type that no row has stays as it is. */
export function projectorFamily(header: GgufHeader): string | null {
  const fields = new Fields(header)
  const type = fields.text('clip.vision.projector_type') ?? fields.text('clip.projector_type') ?? flagged(header)
  const sound = fields.text('clip.audio.projector_type')
  const named = type ?? sound
  if (named === null) return null
  const { id } = familyOfProjector(named) ?? { id: printable(named, MAX_NAME) }
  // one type for two families: that of Qwen3.5 has no outputs within the tower
  if (id === 'qwen3vl' && deepBlocks(header).length === 0) return 'qwen35'
  // the fork of spring 2025 and its like called their Qwen2.5-VL projectors Qwen2-VL ones
  return id === 'qwen2vl' && isQwen25(header) ? 'qwen25vl' : id
}

/**
 * Whose projector it is, of those that run. @throws AppError ProjectorMismatch when it is a language model, UnsupportedModel
 * for a projector of another family and for the unfinished conversion of February 2025.
 */
export function projectorKind(header: GgufHeader): ProjectorKind {
  const { path } = header
  const fields = new Fields(header)
  const architecture = fields.text('general.architecture')
  if (architecture === null) throw unsupported(path, `does not say what kind of model it is. ${ADVICE}`)
  if (architecture !== 'clip')
    throw new AppError(
      'ProjectorMismatch',
      `${basename(path)} is a language model (${printable(architecture, MAX_NAME)}), not a projector. ` +
        'The two files may be swapped: choose the file whose name has "mmproj" as the projector.',
      { path },
    )
  const family = projectorFamily(header)
  const label = family === null ? 'an unknown family' : familyLabel(family)
  if (!fields.bool('clip.has_vision_encoder', false))
    throw unsupported(
      path,
      `has no vision part${family === null ? '' : `, it is that for the sound of ${label}`}. ${ADVICE}`,
    )
  const tower = family === null ? undefined : (familyById(family)?.towerOf ?? family)
  if (family === null || tower === undefined || !isModelFamily(tower))
    throw unsupported(
      path,
      `is the projector of ${label}, which is not supported${familyById(family ?? '') ? ' yet' : ''}. ${ADVICE}`,
    )
  if (family === 'qwen25vl' && isUnfinished(header))
    throw unsupported(
      path,
      'is an unfinished conversion of a Qwen2.5-VL projector, as a tool of February 2025 made them: it has lost which of its blocks ' +
        'look at the whole picture. Choose another conversion of the projector.',
    )
  return { family, tower }
}

/** A tower with root-mean-square norms (they have no bias) and gated feed-forward. */
function isQwen25(header: GgufHeader): boolean {
  const { tensors } = header
  return (
    new Fields(header).flag('clip.use_rms_norm') ||
    (tensors.has('v.blk.0.ffn_gate.weight') && !tensors.has('v.blk.0.ln1.bias'))
  )
}

/** The tool of Independent-AI-Labs left its last norm under another name, and no pattern of attention. */
function isUnfinished(header: GgufHeader): boolean {
  const fields = new Fields(header)
  return fields.has('clip.is_qwen2_5') || header.tensors.has('merger.ln_q.weight')
}

/** Blocks whose outputs go into the language model, by the list of yes and no that the header has for them. */
function deepBlocks(header: GgufHeader): number[] {
  const field = header.metadata.get(DEEP_BLOCKS)
  const values = field?.kind === 'array' ? (field.values ?? []) : []
  return values.flatMap((value, block) => (value === true || value === 1 ? [block] : []))
}

function flagged(header: GgufHeader): string | null {
  const fields = new Fields(header)
  return flags.find(([key]) => fields.flag(key))?.[1] ?? null
}

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
  /** Width of the language model's embeddings, for which a row of the merger's output is. */
  readonly outputLength: number
  /** Blocks whose outputs go into the language model's first blocks, in their order (deepstack). */
  readonly deepBlocks: readonly number[]
  /** Width of a whole row, which stands for one token: that of the merger and one more for each of `deepBlocks`. */
  readonly rowLength: number
  /** Side of the square table of learned positions; null: there is none. */
  readonly positionSide: number | null
  /** The blocks that look at the whole picture, the others look at windows of 112 x 112 pixels; null: all look at the whole. */
  readonly fullBlocks: readonly number[] | null
  /** Per colour channel, for pixel values scaled to 0..1. */
  readonly mean: readonly [number, number, number]
  readonly std: readonly [number, number, number]
  readonly eps: number
  /** Of the tensors that the graph takes. */
  readonly bytes: number
  /** The matrices among them where all are in half or single precision; nothing where any is quantized. */
  readonly matrices: { readonly numbers: number; readonly bytes: number }
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
  const { patchPixels, windowPixels, isDeep } = visionOf(family)
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

  const tensors = towerTensors(header, embeddingLength, isDeep)
  const tower = { ...header, tensors }
  const outputLength = requireTensor(tower, 'mm.2.weight').dims[1] ?? 1
  if (fields.u32(key('projection_dim')) !== outputLength)
    throw unusual(path, `its projection_dim is not the ${outputLength} of its tensor mm.2.weight`)
  const ffnLength = requireTensor(tower, 'v.blk.0.ffn_up.weight').dims[1] ?? 1
  const deep = isDeep ? deepBlocks(header) : []
  if (deep.some((block) => block >= blocks)) throw unusual(path, `${DEEP_BLOCKS} is longer than its ${blocks} blocks`)
  const positionSide = isDeep ? Math.sqrt(requireTensor(tower, POSITIONS).dims[1] ?? 0) : null
  if (positionSide !== null && !(Number.isInteger(positionSide) && positionSide > 1))
    throw unusual(path, 'its learned positions are not a square')
  const rowLength = outputLength * (1 + deep.length)
  const sizes = { family, blocks, embeddingLength, ffnLength, outputLength, deepBlocks: deep, rowLength, positionSide }
  checkTensors(tower, sizes)
  const picture = { mean: triple(mean), std: triple(std), eps }
  const bytes = [...tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0)
  const matrices = plainMatrices(tensors)
  return { ...sizes, kind, heads, fullBlocks, ...picture, bytes, matrices, dataOffset: header.dataOffset, tensors }
}

/** Number types that are not quantized. */
const PLAIN_TYPES = ['F32', 'F16', 'BF16']

function plainMatrices(tensors: ReadonlyMap<string, TensorInfo>): ProjectorFacts['matrices'] {
  const matrices = [...tensors.values()].filter(({ name, dims }) => dims.length === 2 && name !== POSITIONS)
  if (!matrices.every(({ type }) => PLAIN_TYPES.includes(type.name))) return { numbers: 0, bytes: 0 }
  return {
    numbers: matrices.reduce((sum, { dims }) => sum + dims[0]! * dims[1]!, 0),
    bytes: matrices.reduce((sum, { bytes }) => sum + bytes, 0),
  }
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

type Sizes = Pick<
  ProjectorFacts,
  'family' | 'blocks' | 'embeddingLength' | 'ffnLength' | 'outputLength' | 'deepBlocks' | 'positionSide'
>

function checkTensors(
  header: GgufHeader,
  { family, blocks, embeddingLength: width, ffnLength, outputLength, deepBlocks: deep, positionSide }: Sizes,
): void {
  const { norm: kind, hasGate, patchPixels } = visionOf(family)
  const linear = (name: string, columns: number, rows: number) => {
    requireMatrix(header, `${name}.weight`, [columns, rows])
    requireVector(header, `${name}.bias`, rows, VECTOR_TYPES)
  }
  const norm = (name: string, length = width) => {
    requireVector(header, `${name}.weight`, length, VECTOR_TYPES)
    if (kind === 'layer') requireVector(header, `${name}.bias`, length, VECTOR_TYPES)
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
  if (positionSide === null) return
  requireVector(header, 'v.patch_embd.bias', width, VECTOR_TYPES)
  requireMatrix(header, POSITIONS, [width, positionSide ** 2])
  for (const block of deep) {
    norm(`v.deepstack.${block}.norm`, merged)
    linear(`v.deepstack.${block}.fc1`, merged, merged)
    linear(`v.deepstack.${block}.fc2`, merged, outputLength)
  }
}
