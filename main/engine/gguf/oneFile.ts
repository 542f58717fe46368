import { open } from 'node:fs/promises'
import type { FilePlan, OneFilePlan } from '../types.ts'
import { checkProjector } from './checkProjector.ts'
import { checkTextModel } from './checkTextModel.ts'
import { Fields, requireTensor } from './header.ts'
import type { GgufHeader, MetadataEntry, Scalar, ScalarType, TensorInfo } from './header.ts'
import { damaged, unsupported } from './problems.ts'

const MERGE = 2

/** How Ollama's converter keeps the models of an architecture in one file. */
interface Form {
  /** What llama.cpp calls the architecture. */
  readonly target: string
  /** The name of a model that has none. */
  readonly name: string
  readonly projectorType: string
  /** Sections of its rotary positions, where the file says none: those of the published models, as Ollama takes them. */
  readonly sections: readonly number[]
  readonly patchSize: number
  /** Names of the vision part, and llama.cpp's for the same tensors. */
  readonly names: readonly (readonly [RegExp, string])[]
}

/** Qwen2.5-VL: an architecture of its own, as the family is told by no other name. */
const qwen25vl: Form = {
  target: 'qwen2vl',
  name: 'Qwen2.5-VL',
  projectorType: 'qwen2.5vl_merger',
  sections: [16, 24, 24],
  patchSize: 14,
  names: [
    [/^v\.merger\.ln_q\./, 'v.post_ln.'],
    [/^v\.merger\.mlp\.(\d)\./, 'mm.$1.'],
    [/^v\.patch_embd_0\.weight$/, 'v.patch_embd.weight'],
    [/^v\.patch_embd_1\.weight$/, 'v.patch_embd.weight.1'],
  ],
}

/** Qwen3-VL and Qwen3.5: the tower has the names of the reference's code. */
const newer: Omit<Form, 'target' | 'name' | 'sections'> = {
  projectorType: 'qwen3vl_merger',
  patchSize: 16,
  names: [
    [/^v\.merger\.norm\./, 'v.post_ln.'],
    [/^v\.merger\.linear_fc1\./, 'mm.0.'],
    [/^v\.merger\.linear_fc2\./, 'mm.2.'],
    [/^v\.patch_embed\.bias$/, 'v.patch_embd.bias'],
    [/^v\.pos_embed\.weight$/, 'v.position_embd.weight'],
    [/^(v\.blk\.\d+\.)norm(\d)\./, '$1ln$2.'],
    [/^(v\.blk\.\d+\.)mlp\.linear_fc1\./, '$1ffn_up.'],
    [/^(v\.blk\.\d+\.)mlp\.linear_fc2\./, '$1ffn_down.'],
    [/^(v\.deepstack\.\d+\.)linear_fc(\d)\./, '$1fc$2.'],
    // of the language model's recurrent blocks
    [/^(blk\.\d+\.ssm_dt)$/, '$1.bias'],
  ],
}
const qwen3vl = { ...newer, name: 'Qwen3-VL', sections: [24, 20, 20] }
const qwen35 = { ...newer, name: 'Qwen3.5', sections: [11, 11, 10] }

const forms: ReadonlyMap<string, Form> = new Map([
  ['qwen25vl', qwen25vl],
  ['qwen3vl', { ...qwen3vl, target: 'qwen3vl' }],
  ['qwen3vlmoe', { ...qwen3vl, target: 'qwen3vlmoe' }],
  ['qwen35', { ...qwen35, target: 'qwen35' }],
  ['qwen35moe', { ...qwen35, target: 'qwen35moe' }],
])

const DEFAULT_FULL_BLOCKS = [7, 15, 23, 31]
/** Of the published preprocessor configurations, which such a file does not always hold: CLIP's, and one half since Qwen3-VL. */
const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073]
const CLIP_STD = [0.26862954, 0.26130258, 0.27577711]
const HALF = [0.5, 0.5, 0.5]

/** The form of a header that is one of a model in one file; null: it is none. */
function formOf(header: GgufHeader): { form: Form; architecture: string } | null {
  const architecture = new Fields(header).text('general.architecture') ?? ''
  const form = forms.get(architecture)
  const isOne = architecture === 'qwen25vl' || header.metadata.has(`${architecture}.vision.block_count`)
  return form && isOne ? { form, architecture } : null
}

/** Whether a header is that of a model in one file, as Ollama's converter makes it of those that run. */
export function isOneFile(header: GgufHeader): boolean {
  return formOf(header) !== null
}

/** Where a tensor's bytes stand in the one file: in so many equal pieces, which begin `step` bytes apart. */
interface Source {
  readonly at: number
  readonly pieces: number
  readonly step: number
}

/** A tensor of one of the two files; `offset` counts as in the one file until it is packed. */
interface Part {
  readonly tensor: TensorInfo
  readonly pieces: number
  readonly step: number
}

/** The two files of a model in one file, and where each of their tensors stands in that, in bytes from its start. */
interface OneFileParts {
  readonly text: GgufHeader
  readonly projector: GgufHeader
  readonly sources: ReadonlyMap<string, Source>
}

/**
 * The headers of the two files that a model in one file becomes, as llama.cpp's converter would have written them. The
 * weights are the same: this form only names them otherwise, and its queries and keys are not reordered. `path` stays
 * that of the one file, which raw entries are read from; `offset` of a tensor is its place in the new file.
 * @throws AppError UnsupportedModel, ModelDamaged.
 */
export function splitOneFile(header: GgufHeader): OneFileParts {
  const { form, architecture } = formOf(header)!
  const vision: TensorInfo[] = []
  const text: TensorInfo[] = []
  const sources = new Map<string, Source>()
  const deep = deepBlocks(header, architecture)
  for (const one of header.tensors.values()) {
    // what guesses further tokens ahead is not computed with
    if (one.name.startsWith('mtp.')) continue
    for (const { tensor, pieces, step } of partsOf(one, form, deep)) {
      sources.set(tensor.name, { at: header.dataOffset + tensor.offset, pieces, step })
      ;(/^(v|mm)\./.test(tensor.name) ? vision : text).push(tensor)
    }
  }
  if (vision.length === 0) throw unsupported(header.path, 'holds no vision part. Choose another model.')
  const whole = {
    path: header.path,
    fileBytes: header.fileBytes,
    version: 3,
    alignment: header.alignment,
    dataOffset: 0,
  }
  const textHeader: GgufHeader = {
    ...whole,
    metadata: textMetadata(header, form, architecture, deep),
    tensors: packed(text, header.alignment),
    vocabulary: header.vocabulary,
  }
  const tower = packed(vision, header.alignment)
  const projectorHeader: GgufHeader = {
    ...whole,
    metadata: projectorMetadata({ ...header, tensors: tower }, form, architecture, deep),
    tensors: tower,
    vocabulary: header.vocabulary,
  }
  checkTextModel(textHeader)
  checkProjector(projectorHeader)
  return { text: textHeader, projector: projectorHeader, sources }
}

/**
 * What is to be written for a model in one file; nothing is. `name`: what it is called where its header does not say.
 * @throws as `splitOneFile`, and the file system's errors.
 */
export async function planOneFile(header: GgufHeader, name: string): Promise<OneFilePlan> {
  const named = new Map(header.metadata)
  if (!new Fields(header).text('general.name')) named.set('general.name', scalar('string', name))
  const { text, projector, sources } = splitOneFile({ ...header, metadata: named })
  return { text: await filePlan(text, sources, header), projector: await filePlan(projector, sources, header) }
}

async function filePlan(part: GgufHeader, sources: ReadonlyMap<string, Source>, source: GgufHeader): Promise<FilePlan> {
  const tensors = [...part.tensors.values()]
  const isInPlace = tensors.every(({ name, offset }) => {
    const { at, pieces } = sources.get(name)!
    return pieces === 1 && at === source.dataOffset + offset
  })
  const cloned = isInPlace ? await clonedHeader(part, source.dataOffset) : null
  const header = cloned ?? (await writeHeader(part))
  const runs = tensors.flatMap(({ name, offset, bytes }) => {
    const { at, pieces, step } = sources.get(name)!
    const each = bytes / pieces
    return Array.from({ length: pieces }, (_, i) => ({
      from: at + i * step,
      to: header.length + offset + i * each,
      bytes: each,
    }))
  })
  const last = tensors.at(-1)!
  return {
    header,
    runs: runs.toSorted((a, b) => a.from - b.from),
    bytes: header.length + last.offset + last.bytes,
    isClone: cloned !== null,
  }
}

/**
 * The header made as long as the one it takes the place of. Readers find the first tensor at the alignment after the
 * header's end, so a text of blanks fills what is left. Null: it is longer.
 */
async function clonedHeader(part: GgufHeader, length: number): Promise<Buffer | null> {
  const filled = (blanks: number) => {
    const metadata = new Map(part.metadata).set('general.filler', scalar('string', ' '.repeat(blanks)))
    return writeHeader({ ...part, metadata })
  }
  const least = (await filled(0)).length
  return least > length ? null : filled(length - least)
}

/**
 * The tensor under the name that llama.cpp knows; one that holds queries, keys and values as the three of them, and the patch
 * matrix of two frames, in which they alternate, as that of each.
 */
function partsOf(tensor: TensorInfo, { names }: Form, deep: readonly number[]): Part[] {
  const whole = (one: TensorInfo): Part => ({ tensor: one, pieces: 1, step: 0 })
  const fused = /^(v\.blk\.\d+\.attn_)qkv(\.(?:weight|bias))$/.exec(tensor.name)
  if (fused) {
    const rows = tensor.dims.at(-1)! / 3
    const bytes = tensor.bytes / 3
    const dims = [...tensor.dims.slice(0, -1), rows]
    return ['q', 'k', 'v'].map((part, i) =>
      whole({ ...tensor, name: `${fused[1]}${part}${fused[2]}`, dims, bytes, offset: tensor.offset + i * bytes }),
    )
  }
  if (tensor.name === 'v.patch_embed.weight' && tensor.dims[2] === FRAMES) {
    const [width = 1, height = 1, , rows = 1] = tensor.dims
    const piece = tensor.bytes / (rows * FRAMES)
    return Array.from({ length: FRAMES }, (_, frame) => ({
      tensor: {
        ...tensor,
        name: frame === 0 ? 'v.patch_embd.weight' : `v.patch_embd.weight.${frame}`,
        dims: [width, height, COLOURS, rows / COLOURS],
        bytes: tensor.bytes / FRAMES,
        offset: tensor.offset + frame * piece,
      },
      pieces: rows,
      step: FRAMES * piece,
    }))
  }
  const numbered = tensor.name.replace(
    /^v\.deepstack_merger\.(\d+)\./,
    (_, which: string) => `v.deepstack.${deep[Number(which)] ?? which}.`,
  )
  const known = names.find(([pattern]) => pattern.test(numbered))
  return [whole({ ...tensor, name: known ? numbered.replace(known[0], known[1]) : numbered })]
}

const FRAMES = 2
const COLOURS = 3

/** Blocks of the tower whose outputs go into the language model's first blocks. */
function deepBlocks(header: GgufHeader, architecture: string): number[] {
  const fields = new Fields(header)
  const key = `${architecture}.vision.deepstack_visual_indexes`
  const length = fields.listLength(key, ['i32', 'u32'])
  return length ? fields.numbers(key, length, ['i32', 'u32']) : []
}

/** The tensors one after the other as a file of their own holds them. */
function packed(tensors: readonly TensorInfo[], alignment: number): Map<string, TensorInfo> {
  let next = 0
  return new Map(
    tensors.map((tensor) => {
      const offset = next
      next = Math.ceil((offset + tensor.bytes) / alignment) * alignment
      return [tensor.name, { ...tensor, offset }]
    }),
  )
}

/** Keys that only Ollama's runner reads. */
const RUNNERS = [
  'general.parameter_count',
  'rope.mrope_section',
  'rope.mrope_interleaved',
  'mrope_sections',
  'ssm.v_head_reordered',
  'image_token_id',
  'vision_start_token_id',
  'vision_end_token_id',
]

/** The same entries under the architecture's other name; those of the vision part and of the file as a whole are left out. */
function textMetadata(
  header: GgufHeader,
  { target, name, sections }: Form,
  architecture: string,
  deep: readonly number[],
): Map<string, MetadataEntry> {
  const fields = new Fields(header)
  const metadata = new Map<string, MetadataEntry>()
  const prefix = `${architecture}.`
  const left = ['general.architecture', 'general.type', ...RUNNERS, ...RUNNERS.map((key) => prefix + key)]
  metadata.set('general.architecture', scalar('string', target)).set('general.type', scalar('string', 'model'))
  if (!fields.text('general.basename')) metadata.set('general.basename', scalar('string', name))
  for (const [key, entry] of header.metadata) {
    if (left.includes(key) || key.startsWith(`${prefix}vision.`)) continue
    metadata.set(key.startsWith(prefix) ? `${target}.${key.slice(prefix.length)}` : key, entry)
  }
  const own = (key: string) => `${target}.${key}`
  metadata.set(own('rope.dimension_sections'), list('i32', [...sectionsOf(fields, prefix, sections), 0]))
  if (target.startsWith('qwen3vl')) metadata.set(own('n_deepstack_layers'), scalar('u32', deep.length))
  if (target.startsWith('qwen35')) hybridMetadata(header, fields, prefix, metadata)
  // the width that llama.cpp would take from the whole feed-forward part otherwise
  const experts = header.tensors.get('blk.0.ffn_gate_exps.weight')
  if (experts && !fields.has(`${prefix}expert_feed_forward_length`))
    metadata.set(own('expert_feed_forward_length'), scalar('u32', experts.dims[1] ?? 1))
  return metadata
}

/** Three sections of the rotary positions, from the first key that has them. */
function sectionsOf(fields: Fields, prefix: string, usual: readonly number[]): number[] {
  for (const key of ['rope.dimension_sections', 'rope.mrope_section', 'mrope_sections']) {
    const length = fields.listLength(prefix + key, ['i32', 'u32'])
    if (length === 3 || length === 4) return fields.numbers(prefix + key, length, ['i32', 'u32']).slice(0, 3)
  }
  return [...usual]
}

/** What llama.cpp reads otherwise of a hybrid model: one number of key heads for all blocks, that of those that have any. */
function hybridMetadata(
  header: GgufHeader,
  fields: Fields,
  prefix: string,
  metadata: Map<string, MetadataEntry>,
): void {
  if (!fields.bool(`${prefix}ssm.v_head_reordered`, false))
    throw unsupported(
      header.path,
      'has the heads of its recurrent blocks in an unknown order. Choose another conversion.',
    )
  // of a mixture it is of no matrix
  if (prefix === 'qwen35moe.') metadata.delete(`${prefix}feed_forward_length`)
  const key = `${prefix}attention.head_count_kv`
  const entry = header.metadata.get(key)
  if (entry?.kind !== 'array') return
  const heads = fields.numbers(key, entry.length, ['u32', 'i32'])
  metadata.set(key, scalar('u32', Math.max(...heads)))
}

/** `header.tensors`: those of the vision part under llama.cpp's names. */
function projectorMetadata(
  header: GgufHeader,
  { name: usualName, projectorType, patchSize }: Form,
  architecture: string,
  deep: readonly number[],
): Map<string, MetadataEntry> {
  const fields = new Fields(header)
  const isOld = architecture === 'qwen25vl'
  const key = (name: string) => `${architecture}.vision.${name}`
  const u32 = (name: string, usual?: number) =>
    usual !== undefined && !fields.has(key(name)) ? usual : fields.u32(key(name))
  const numbers = (name: string, usual: readonly number[]) =>
    list('f32', fields.has(key(name)) ? fields.numbers(key(name), 3, ['f32']) : usual)
  const blocks = u32('block_count')
  const merge = u32('spatial_merge_size', MERGE)
  const patch = u32('patch_size', patchSize)
  const epsKey = key('attention.layer_norm_epsilon')
  const eps = fields.has(epsKey) ? fields.f32(epsKey, { min: 0, max: 1 }) : 1e-6
  const rope = key('rope.freq_base')
  if (fields.has(rope) && fields.f32(rope, { min: 1, max: 1e12 }) !== 1e4)
    throw unsupported(header.path, 'turns its picture positions in an unusual way. Choose another model.')
  const hasWindows = isOld && u32('window_size', 112) !== 112
  if (hasWindows || u32('temporal_patch_size', FRAMES) !== FRAMES || u32('num_channels', COLOURS) !== COLOURS)
    throw unsupported(header.path, 'has a vision part of unusual sizes. Choose another model.')
  const rows = (name: string) => requireTensor(header, name).dims[1] ?? 1
  const isHalf = requireTensor(header, 'v.blk.0.attn_out.weight').type.name === 'F16'
  const name = fields.text('general.name') ?? usualName
  const texts = { 'general.architecture': 'clip', 'general.type': 'mmproj', 'general.name': name }
  const side = isOld ? 560 : Math.sqrt(rows('v.position_embd.weight')) * patch
  return new Map<string, MetadataEntry>([
    ...Object.entries(texts).map(([each, value]) => [each, scalar('string', value)] as const),
    ...(isHalf ? [['general.file_type', scalar('u32', 1)] as const] : []),
    ...(fields.has('general.alignment')
      ? [['general.alignment', header.metadata.get('general.alignment')!] as const]
      : []),
    ['clip.has_vision_encoder', scalar('bool', true)],
    ['clip.projector_type', scalar('string', projectorType)],
    [isOld ? 'clip.use_silu' : 'clip.use_gelu', scalar('bool', true)],
    ['clip.vision.projection_dim', scalar('u32', rows('mm.2.weight'))],
    ['clip.vision.image_size', scalar('u32', side)],
    ['clip.vision.patch_size', scalar('u32', patch)],
    ['clip.vision.embedding_length', scalar('u32', u32('embedding_length'))],
    ['clip.vision.feed_forward_length', scalar('u32', rows('v.blk.0.ffn_up.weight'))],
    ['clip.vision.block_count', scalar('u32', blocks)],
    ['clip.vision.attention.head_count', scalar('u32', u32('attention.head_count'))],
    ['clip.vision.attention.layer_norm_epsilon', scalar('f32', eps)],
    ['clip.vision.spatial_merge_size', scalar('u32', merge)],
    ['clip.vision.image_mean', numbers('image_mean', isOld ? CLIP_MEAN : HALF)],
    ['clip.vision.image_std', numbers('image_std', isOld ? CLIP_STD : HALF)],
    isOld
      ? ['clip.vision.n_wa_pattern', scalar('u32', windowPattern(header, fields, blocks))]
      : [
          'clip.vision.is_deepstack_layers',
          list(
            'bool',
            Array.from({ length: blocks }, (_, i) => deep.includes(i)),
          ),
        ],
  ])
}

/** Every n-th block looks at the whole picture: the form in which llama.cpp's converter says which ones. */
function windowPattern(header: GgufHeader, fields: Fields, blocks: number): number {
  const key = 'qwen25vl.vision.fullatt_block_indexes'
  const length = fields.listLength(key, ['i32', 'u32'])
  const full = length === null ? DEFAULT_FULL_BLOCKS : fields.numbers(key, length, ['i32', 'u32'])
  const pattern = (full[0] ?? -1) + 1
  if (full.length === 0 || pattern < 1) throw damaged(header.path, `${key} names no block`)
  const regular = Array.from({ length: Math.floor(blocks / pattern) }, (_, i) => (i + 1) * pattern - 1)
  if (regular.length !== full.length || regular.some((block, i) => block !== full[i]))
    throw unsupported(header.path, 'looks at the whole picture in blocks of no regular distance. Choose another model.')
  return pattern
}

const scalar = (type: ScalarType, value: Scalar): MetadataEntry => ({ kind: 'scalar', type, value })
function list(type: ScalarType, values: readonly Scalar[]): MetadataEntry {
  return { kind: 'array', type, length: values.length, offset: 0, values }
}

const VERSION = 3
const ARRAY = 9
const typeIds: Readonly<Record<ScalarType, number>> = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  u64: 10,
  i64: 11,
  f64: 12,
}

/**
 * The bytes of a GGUF header (version 3) up to its first tensor: `metadata` and `tensors` in their order. Entries that
 * were read are taken as they stand in the file at `header.path`, so lists of any length and numbers of 64 bits stay
 * what they are. @throws the file system's errors.
 */
async function writeHeader(header: GgufHeader): Promise<Buffer> {
  const { path, metadata, tensors, alignment } = header
  const file = await open(path, 'r')
  try {
    const parts: Buffer[] = [
      Buffer.from('GGUF'),
      number('u32', VERSION),
      number('u64', tensors.size),
      number('u64', metadata.size),
    ]
    for (const [key, entry] of metadata) parts.push(text(key), await valueOf(entry, file))
    for (const { name, dims, type, offset } of tensors.values()) {
      parts.push(text(name), number('u32', dims.length), ...dims.map((dim) => number('u64', dim)))
      parts.push(number('u32', type.id), number('u64', offset))
    }
    const bytes = Buffer.concat(parts)
    return Buffer.concat([bytes, Buffer.alloc(Math.ceil(bytes.length / alignment) * alignment - bytes.length)])
  } finally {
    await file.close()
  }
}

async function valueOf(entry: MetadataEntry, file: Awaited<ReturnType<typeof open>>): Promise<Buffer> {
  if (entry.raw) {
    const bytes = Buffer.alloc(entry.raw.bytes)
    await file.read(bytes, 0, bytes.length, entry.raw.at)
    return bytes
  }
  if (entry.kind === 'scalar')
    return Buffer.concat([number('u32', typeIds[entry.type]), scalarBytes(entry.type, entry.value)])
  const values = entry.values ?? []
  const head = [number('u32', ARRAY), number('u32', typeIds[entry.type]), number('u64', values.length)]
  return Buffer.concat([...head, ...values.map((value) => scalarBytes(entry.type, value))])
}

function scalarBytes(type: ScalarType, value: Scalar): Buffer {
  return type === 'string' ? text(String(value)) : number(type, Number(value))
}

function number(type: Exclude<ScalarType, 'string'>, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  const long = () => BigInt(value)
  const end = {
    u8: () => bytes.writeUInt8(value),
    i8: () => bytes.writeInt8(value),
    bool: () => bytes.writeUInt8(value),
    u16: () => bytes.writeUInt16LE(value),
    i16: () => bytes.writeInt16LE(value),
    u32: () => bytes.writeUInt32LE(value),
    i32: () => bytes.writeInt32LE(value),
    f32: () => bytes.writeFloatLE(value),
    u64: () => bytes.writeBigUInt64LE(long()),
    i64: () => bytes.writeBigInt64LE(long()),
    f64: () => bytes.writeDoubleLE(value),
  }[type]()
  return bytes.subarray(0, end)
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([number('u64', bytes.length), bytes])
}
