/** A value of the metadata with its type in the file. */
export type GgufValue =
  | string
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly bool: boolean }
  | { readonly u32s: readonly number[] }
  | { readonly i32s: readonly number[] }
  | { readonly f32s: readonly number[] }
  | { readonly strings: readonly string[] }

/** A tensor of F32; `dims[0]` is the contiguous dimension. */
export interface GgufTensor {
  readonly name: string
  readonly dims: readonly number[]
  readonly data: Float32Array
}

const VERSION = 3
const ALIGNMENT = 32
const F32 = 0
const types = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const

/** The bytes of a GGUF file (version 3, little-endian, alignment 32). Nothing is checked, so that wrong files can be made too. */
export function ggufFile(metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Buffer {
  const parts: Buffer[] = [Buffer.from('GGUF'), u32(VERSION), u64(tensors.length), u64(Object.keys(metadata).length)]
  for (const [key, value] of Object.entries(metadata)) parts.push(text(key), ...entry(value))
  let offset = 0
  for (const { name, dims, data } of tensors) {
    parts.push(text(name), u32(dims.length), ...dims.map(u64), u32(F32), u64(offset))
    offset += aligned(data.byteLength)
  }
  parts.push(padding(parts.reduce((sum, part) => sum + part.length, 0)))
  for (const { data } of tensors)
    parts.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength), padding(data.byteLength))
  return Buffer.concat(parts)
}

/** What a LoRA adapter for a Qwen2-VL model consists of, as llama.cpp's `convert_lora_to_gguf.py` writes it. */
export interface LoraOptions {
  /** Weights it changes, with their [columns, rows]. */
  readonly weights: Readonly<Record<string, readonly [number, number]>>
  readonly rank?: number
  readonly alpha?: number
  /** Entry number `i` of a matrix. */
  readonly value?: (i: number) => number
  readonly metadata?: Readonly<Record<string, GgufValue>>
}

/** The bytes of a LoRA adapter: for each weight the pair `.lora_a` [columns, rank] and `.lora_b` [rank, rows]. */
export function loraFile({
  weights,
  rank = 4,
  alpha = 8,
  value = (i) => Math.sin(i) / 4,
  metadata = {},
}: LoraOptions): Buffer {
  const matrix = (name: string, dims: readonly number[]): GgufTensor => ({
    name,
    dims,
    data: Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, (_, i) => value(i)),
  })
  const tensors = Object.entries(weights).flatMap(([name, [columns, rows]]) => [
    matrix(`${name}.lora_a`, [columns, rank]),
    matrix(`${name}.lora_b`, [rank, rows]),
  ])
  return ggufFile(
    {
      'general.architecture': 'qwen2vl',
      'general.type': 'adapter',
      'adapter.type': 'lora',
      'adapter.lora.alpha': { f32: alpha },
      'general.name': 'Test adapter',
      ...metadata,
    },
    tensors,
  )
}

function entry(value: GgufValue): Buffer[] {
  if (typeof value === 'string') return [u32(types.string), text(value)]
  if ('u32' in value) return [u32(types.u32), u32(value.u32)]
  if ('bool' in value) return [u32(types.bool), Buffer.of(value.bool ? 1 : 0)]
  if ('u32s' in value) return list(types.u32, value.u32s.map(u32))
  if ('i32s' in value) return list(types.i32, value.i32s.map(u32))
  if ('f32s' in value) return list(types.f32, value.f32s.map(f32))
  if ('strings' in value) return [u32(types.array), u32(types.string), u64(value.strings.length), texts(value.strings)]
  return [u32(types.f32), f32(value.f32)]
}

const list = (type: number, items: readonly Buffer[]): Buffer[] => [
  u32(types.array),
  u32(type),
  u64(items.length),
  Buffer.concat(items),
]

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

/** Many texts, as fast as a whole vocabulary needs it. */
function texts(values: readonly string[]): Buffer {
  const lengths = values.map((value) => Buffer.byteLength(value))
  const bytes = Buffer.alloc(lengths.reduce((sum, length) => sum + 8 + length, 0))
  let at = 0
  for (const [i, value] of values.entries()) {
    bytes.writeUInt32LE(lengths[i]!, at)
    at += 8 + bytes.write(value, at + 8)
  }
  return bytes
}

const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)])
const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
const padding = (bytes: number): Buffer => Buffer.alloc(aligned(bytes) - bytes)
