import { open } from 'node:fs/promises'
import type { FilePlan, OneFilePlan } from '../types.ts'
import { checkProjector } from './checkProjector.ts'
import { checkTextModel } from './checkTextModel.ts'
import { Fields, requireTensor } from './header.ts'
import type { GgufHeader, MetadataEntry, Scalar, ScalarType, TensorInfo } from './header.ts'
import { damaged, unsupported } from './problems.ts'

/** What Ollama's converter calls a Qwen2.5-VL that it keeps in one file. */
const ARCHITECTURE = 'qwen25vl'
const TARGET = 'qwen2vl'
const MERGE = 2
/** Those of the published models, which Ollama's runner takes where the file says none. */
const DEFAULT_SECTIONS = [16, 24, 24]
const DEFAULT_FULL_BLOCKS = [7, 15, 23, 31]
/** Of the published preprocessor configuration, which such a file does not hold: CLIP's. */
const MEAN = [0.48145466, 0.4578275, 0.40821073]
const STD = [0.26862954, 0.26130258, 0.27577711]

/** Names of the vision part in such a file, and llama.cpp's for the same tensors. */
const names: readonly (readonly [RegExp, string])[] = [
  [/^v\.merger\.ln_q\./, 'v.post_ln.'],
  [/^v\.merger\.mlp\.(\d)\./, 'mm.$1.'],
  [/^v\.patch_embd_0\.weight$/, 'v.patch_embd.weight'],
  [/^v\.patch_embd_1\.weight$/, 'v.patch_embd.weight.1'],
]

/** Whether a header is that of a Qwen2.5-VL in one file, as Ollama's converter makes it. */
export function isOneFile(header: GgufHeader): boolean {
  return new Fields(header).text('general.architecture') === ARCHITECTURE
}

/** The two files of a model in one file, and where each of their tensors stands in that, in bytes from its start. */
interface OneFileParts {
  readonly text: GgufHeader
  readonly projector: GgufHeader
  readonly sources: ReadonlyMap<string, number>
}

/**
 * The headers of the two files that a model in one file becomes, as llama.cpp's converter would have written them. The
 * weights are the same: this form only names them otherwise, and its queries and keys are not reordered. `path` stays
 * that of the one file, which raw entries are read from; `offset` of a tensor is its place in the new file.
 * @throws AppError UnsupportedModel, ModelDamaged.
 */
export function splitOneFile(header: GgufHeader): OneFileParts {
  const vision: TensorInfo[] = []
  const text: TensorInfo[] = []
  const sources = new Map<string, number>()
  for (const tensor of header.tensors.values())
    for (const part of partsOf(tensor)) {
      sources.set(part.name, header.dataOffset + part.offset)
      ;(/^(v|mm)\./.test(part.name) ? vision : text).push(part)
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
    metadata: textMetadata(header),
    tensors: packed(text, header.alignment),
    vocabulary: header.vocabulary,
  }
  const tower = packed(vision, header.alignment)
  const projectorHeader: GgufHeader = {
    ...whole,
    metadata: projectorMetadata({ ...header, tensors: tower }),
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

async function filePlan(part: GgufHeader, sources: ReadonlyMap<string, number>, source: GgufHeader): Promise<FilePlan> {
  const tensors = [...part.tensors.values()]
  const isInPlace = tensors.every(({ name, offset }) => sources.get(name) === source.dataOffset + offset)
  const cloned = isInPlace ? await clonedHeader(part, source.dataOffset) : null
  const header = cloned ?? (await writeHeader(part))
  const runs = tensors.map(({ name, offset, bytes }) => ({
    from: sources.get(name)!,
    to: header.length + offset,
    bytes,
  }))
  const last = runs.at(-1)!
  return { header, runs, bytes: last.to + last.bytes, isClone: cloned !== null }
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

/** The tensor under the name that llama.cpp knows; one that holds queries, keys and values as the three of them. */
function partsOf(tensor: TensorInfo): TensorInfo[] {
  const fused = /^(v\.blk\.\d+\.attn_)qkv(\.(?:weight|bias))$/.exec(tensor.name)
  if (!fused) {
    const known = names.find(([pattern]) => pattern.test(tensor.name))
    return [known ? { ...tensor, name: tensor.name.replace(known[0], known[1]) } : tensor]
  }
  const rows = tensor.dims.at(-1)! / 3
  const bytes = tensor.bytes / 3
  const dims = [...tensor.dims.slice(0, -1), rows]
  return ['q', 'k', 'v'].map((part, i) => {
    const name = `${fused[1]}${part}${fused[2]}`
    return { ...tensor, name, dims, bytes, offset: tensor.offset + i * bytes }
  })
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

/** The same entries under the architecture's other name; those of the vision part and of the file as a whole are left out. */
function textMetadata(header: GgufHeader): Map<string, MetadataEntry> {
  const fields = new Fields(header)
  const metadata = new Map<string, MetadataEntry>()
  const prefix = `${ARCHITECTURE}.`
  const left = ['general.parameter_count', 'general.architecture', 'general.type', `${prefix}rope.mrope_section`]
  metadata.set('general.architecture', scalar('string', TARGET)).set('general.type', scalar('string', 'model'))
  if (!fields.text('general.basename')) metadata.set('general.basename', scalar('string', 'Qwen2.5-VL'))
  for (const [key, entry] of header.metadata) {
    if (left.includes(key) || key.startsWith(`${prefix}vision.`)) continue
    metadata.set(key.startsWith(prefix) ? `${TARGET}.${key.slice(prefix.length)}` : key, entry)
  }
  const sections = `${TARGET}.rope.dimension_sections`
  if (!metadata.has(sections)) {
    const key = `${prefix}rope.mrope_section`
    const given = fields.has(key) ? fields.numbers(key, 3, ['i32', 'u32']) : DEFAULT_SECTIONS
    metadata.set(sections, list('i32', [...given, 0]))
  }
  return metadata
}

/** `header.tensors`: those of the vision part under llama.cpp's names. */
function projectorMetadata(header: GgufHeader): Map<string, MetadataEntry> {
  const fields = new Fields(header)
  const key = (name: string) => `${ARCHITECTURE}.vision.${name}`
  const u32 = (name: string, usual?: number) =>
    usual !== undefined && !fields.has(key(name)) ? usual : fields.u32(key(name))
  const blocks = u32('block_count')
  const merge = u32('spatial_merge_size', MERGE)
  const epsKey = key('attention.layer_norm_epsilon')
  const eps = fields.has(epsKey) ? fields.f32(epsKey, { min: 0, max: 1 }) : 1e-6
  const rope = key('rope.freq_base')
  if (fields.has(rope) && fields.f32(rope, { min: 1, max: 1e12 }) !== 1e4)
    throw unsupported(header.path, 'turns its picture positions in an unusual way. Choose another model.')
  if (u32('window_size', 112) !== 112 || u32('temporal_patch_size', 2) !== 2 || u32('num_channels', 3) !== 3)
    throw unsupported(header.path, 'has a vision part of unusual sizes. Choose another model.')
  const rows = (name: string) => requireTensor(header, name).dims[1] ?? 1
  const isHalf = requireTensor(header, 'v.blk.0.attn_out.weight').type.name === 'F16'
  const name = fields.text('general.name') ?? 'Qwen2.5-VL'
  const texts = { 'general.architecture': 'clip', 'general.type': 'mmproj', 'general.name': name }
  return new Map<string, MetadataEntry>([
    ...Object.entries(texts).map(([each, value]) => [each, scalar('string', value)] as const),
    ...(isHalf ? [['general.file_type', scalar('u32', 1)] as const] : []),
    ...(fields.has('general.alignment')
      ? [['general.alignment', header.metadata.get('general.alignment')!] as const]
      : []),
    ['clip.has_vision_encoder', scalar('bool', true)],
    ['clip.projector_type', scalar('string', 'qwen2.5vl_merger')],
    ['clip.use_silu', scalar('bool', true)],
    ['clip.vision.projection_dim', scalar('u32', rows('mm.2.weight'))],
    ['clip.vision.image_size', scalar('u32', 560)],
    ['clip.vision.patch_size', scalar('u32', u32('patch_size', 14))],
    ['clip.vision.embedding_length', scalar('u32', u32('embedding_length'))],
    ['clip.vision.feed_forward_length', scalar('u32', rows('v.blk.0.ffn_up.weight'))],
    ['clip.vision.block_count', scalar('u32', blocks)],
    ['clip.vision.attention.head_count', scalar('u32', u32('attention.head_count'))],
    ['clip.vision.attention.layer_norm_epsilon', scalar('f32', eps)],
    ['clip.vision.spatial_merge_size', scalar('u32', merge)],
    ['clip.vision.image_mean', list('f32', MEAN)],
    ['clip.vision.image_std', list('f32', STD)],
    ['clip.vision.n_wa_pattern', scalar('u32', windowPattern(header, fields, blocks))],
  ])
}

/** Every n-th block looks at the whole picture: the form in which llama.cpp's converter says which ones. */
function windowPattern(header: GgufHeader, fields: Fields, blocks: number): number {
  const key = `${ARCHITECTURE}.vision.fullatt_block_indexes`
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
function list(type: ScalarType, values: readonly number[]): MetadataEntry {
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
