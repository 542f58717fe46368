import { ggufFields } from './ggufFields.ts'

/** What a file in one piece differs in from what Ollama's converter usually writes. */
export interface OneFileOptions {
  /** Queries, keys and values of the vision part in one matrix. */
  readonly isFused?: boolean
  /** Vision tensors before those of the language model. */
  readonly isVisionFirst?: boolean
  /** Blocks that look at the whole picture; null: the entry is left out. */
  readonly fullBlocks?: readonly number[] | null
  /** With the chat template, which files have that were converted with one. */
  readonly keepsTemplate?: boolean
  /** Keys that are left out. */
  readonly without?: readonly string[]
}

interface Tensor {
  readonly name: string
  readonly dims: readonly bigint[]
  readonly type: number
  readonly data: Buffer
}

const ALIGNMENT = 32
const names: readonly (readonly [string, string])[] = [
  ['v.post_ln.', 'v.merger.ln_q.'],
  ['mm.0.', 'v.merger.mlp.0.'],
  ['mm.2.', 'v.merger.mlp.2.'],
  ['v.patch_embd.weight.1', 'v.patch_embd_1.weight'],
  ['v.patch_embd.weight', 'v.patch_embd_0.weight'],
]

/**
 * A Qwen2.5-VL of two f32 files as one, in the form in which Ollama's own converter keeps it: architecture "qwen25vl",
 * three rope sections, the vision part inside under other names, no template; blocks first, then the rest by name.
 */
export function oneFileGguf(text: Buffer, projector: Buffer, options: OneFileOptions = {}): Buffer {
  const { isFused = false, isVisionFirst = false, keepsTemplate = false, fullBlocks = [1, 3], without = [] } = options
  const metadata = new Map([...entriesOf(text)].map(([key, value]) => [key.replace(/^qwen2vl\./, 'qwen25vl.'), value]))
  for (const key of ['qwen25vl.rope.dimension_sections', 'general.type', 'general.name']) metadata.delete(key)
  if (!keepsTemplate) metadata.delete('tokenizer.chat_template')
  metadata.set('general.architecture', Buffer.concat([u32(8), string('qwen25vl')]))
  metadata.set('general.parameter_count', Buffer.concat([u32(10), u64(1_000_000n)]))
  metadata.set('qwen25vl.rope.mrope_section', i32s([4, 6, 6]))
  const sizes = {
    block_count: 4,
    embedding_length: 64,
    'attention.head_count': 4,
    num_channels: 3,
    patch_size: 14,
    spatial_merge_size: 2,
    spatial_patch_size: 14,
    window_size: 112,
    temporal_patch_size: 2,
  }
  for (const [key, value] of Object.entries(sizes))
    metadata.set(`qwen25vl.vision.${key}`, Buffer.concat([u32(4), u32(value)]))
  metadata.set('qwen25vl.vision.attention.layer_norm_epsilon', Buffer.concat([u32(6), f32(1e-6)]))
  metadata.set('qwen25vl.vision.rope.freq_base', Buffer.concat([u32(6), f32(1e4)]))
  if (fullBlocks) metadata.set('qwen25vl.vision.fullatt_block_indexes', i32s(fullBlocks))
  for (const key of without) metadata.delete(key)

  const renamed = (tensor: Tensor): Tensor => {
    const found = names.find(([from]) => tensor.name.startsWith(from))
    return found ? { ...tensor, name: found[1] + tensor.name.slice(found[0].length) } : tensor
  }
  const vision = tensorsOf(projector).map(renamed)
  const block = ({ name }: Tensor) => Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? Infinity)
  const order = (a: Tensor, b: Tensor) => (block(a) === block(b) ? (a.name < b.name ? -1 : 1) : block(a) - block(b))
  const [first, last] = [tensorsOf(text).sort(order), (isFused ? fused(vision) : vision).sort(order)]
  return file(metadata, isVisionFirst ? [...last, ...first] : [...first, ...last])
}

function fused(tensors: readonly Tensor[]): Tensor[] {
  const rest = tensors.filter(({ name }) => !/attn_[qkv]\./.test(name))
  const three = tensors
    .filter(({ name }) => /attn_q\./.test(name))
    .map((query) => {
      const parts = ['q', 'k', 'v'].map(
        (part) => tensors.find(({ name }) => name === query.name.replace('attn_q', `attn_${part}`))!,
      )
      const dims = [...query.dims.slice(0, -1), query.dims.at(-1)! * 3n]
      return {
        ...query,
        name: query.name.replace('attn_q', 'attn_qkv'),
        dims,
        data: Buffer.concat(parts.map(({ data }) => data)),
      }
    })
  return [...rest, ...three]
}

/** Each entry's value with its type before it, by key. */
function entriesOf(bytes: Buffer): Map<string, Buffer> {
  return new Map(
    ggufFields(bytes).entries.map((entry) => {
      const length = Number(bytes.readBigUInt64LE(entry.at))
      const start = entry.at + 8 + length
      return [bytes.toString('utf8', entry.at + 8, start), bytes.subarray(start, entry.at + entry.bytes)]
    }),
  )
}

function tensorsOf(bytes: Buffer): Tensor[] {
  const { fields, headerBytes } = ggufFields(bytes)
  return fields
    .filter(({ kind }) => kind === 'offset')
    .map(({ name, at }) => {
      const dims = fields
        .filter((field) => field.kind === 'dimension' && field.name.startsWith(`${name}[`))
        .map((field) => bytes.readBigUInt64LE(field.at))
      const start = aligned(headerBytes) + Number(bytes.readBigUInt64LE(at))
      const length = dims.reduce((product, dim) => product * Number(dim), 4)
      return { name, dims, type: bytes.readUInt32LE(at - 4), data: bytes.subarray(start, start + length) }
    })
}

function file(metadata: ReadonlyMap<string, Buffer>, tensors: readonly Tensor[]): Buffer {
  const header = [Buffer.from('GGUF'), u32(3), u64(BigInt(tensors.length)), u64(BigInt(metadata.size))]
  for (const [key, value] of metadata) header.push(string(key), value)
  let offset = 0
  for (const { name, dims, type, data } of tensors) {
    header.push(string(name), u32(dims.length), ...dims.map(u64), u32(type), u64(BigInt(offset)))
    offset += aligned(data.length)
  }
  return Buffer.concat([padded(Buffer.concat(header)), ...tensors.map(({ data }) => padded(data))])
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}

const i32s = (values: readonly number[]) =>
  Buffer.concat([u32(9), u32(5), u64(BigInt(values.length)), ...values.map(u32)])
const string = (text: string) => Buffer.concat([u64(BigInt(Buffer.byteLength(text))), Buffer.from(text)])
const aligned = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(aligned(bytes.length) - bytes.length)])
