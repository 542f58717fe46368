/// <reference lib="esnext.float16" />

/** Types of the metadata by their numbers in the file. */
const kinds = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  array: 9,
  u64: 10,
  i64: 11,
  f64: 12,
} as const
export type Kind = keyof typeof kinds
type Scalar = number | boolean | string

/** A value of the metadata: its type, and a number, truth value, text or list of those. Texts are Latin-1 of their bytes. */
export interface Entry {
  readonly kind: Kind
  /** Type of a list's values. */
  readonly of?: Kind
  readonly value: Scalar | readonly Scalar[]
}

/** Number types of tensors that can be written: their number in the file, and numbers and bytes of a block. */
const formats = {
  F32: { id: 0, numbers: 1, bytes: 4 },
  F16: { id: 1, numbers: 1, bytes: 2 },
  Q4_0: { id: 2, numbers: 32, bytes: 18 },
  Q5_1: { id: 7, numbers: 32, bytes: 24 },
  Q8_0: { id: 8, numbers: 32, bytes: 34 },
  BF16: { id: 30, numbers: 1, bytes: 2 },
} as const
export type Format = keyof typeof formats

/** A tensor; `dims[0]` is the contiguous dimension. */
export interface EditedTensor {
  readonly name: string
  readonly dims: readonly number[]
  readonly type: number
  readonly bytes: Buffer
}

/** A GGUF file taken apart, to be put together in another form. */
export interface EditedFile {
  readonly metadata: ReadonlyMap<string, Entry>
  readonly tensors: readonly EditedTensor[]
}

const VERSION = 3
const ALIGNMENT = 32
const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
const kindOf = Object.fromEntries(Object.entries(kinds).map(([kind, id]) => [id, kind])) as Record<number, Kind>
const widths: Readonly<Record<string, number>> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  bool: 1,
  u64: 8,
  i64: 8,
  f64: 8,
}

/** Takes a sound GGUF file of version 3 with alignment 32 apart. Nothing is checked: it is for files made by the tests. */
export function readGguf(file: Buffer): EditedFile {
  let at = 8
  const scalar = (kind: Kind): Scalar => {
    if (kind !== 'string') {
      at += widths[kind]!
      return readNumber(file, at - widths[kind]!, kind)
    }
    const length = scalar('u64') as number
    at += length
    return file.toString('latin1', at - length, at)
  }
  const [u64, u32, text] = [
    () => scalar('u64') as number,
    () => scalar('u32') as number,
    () => scalar('string') as string,
  ]
  const [tensorCount, entryCount] = [u64(), u64()]
  const metadata = new Map<string, Entry>()
  for (let i = 0; i < entryCount; i++) {
    const key = text()
    const kind = kindOf[u32()]!
    const of = kind === 'array' ? kindOf[u32()]! : kind
    metadata.set(
      key,
      kind === 'array'
        ? { kind, of, value: Array.from({ length: u64() }, () => scalar(of)) }
        : { kind, value: scalar(kind) },
    )
  }
  const infos = Array.from({ length: tensorCount }, () => {
    const name = text()
    const dims = Array.from({ length: u32() }, u64)
    return { name, dims, type: u32(), offset: u64() }
  })
  const data = aligned(at)
  const tensors = infos.map(({ name, dims, type, offset }) => {
    const { numbers, bytes } = Object.values(formats).find(({ id }) => id === type)!
    const size = (dims.reduce((product, dim) => product * dim, 1) / numbers) * bytes
    return { name, dims, type, bytes: file.subarray(data + offset, data + offset + size) }
  })
  return { metadata, tensors }
}

/**
 * The bytes of a GGUF file: version 3, little-endian, alignment 32. Nothing is checked, so that wrong files can be made too.
 * Every file that a test makes is laid out here.
 */
export function writeGguf({ metadata, tensors }: EditedFile): Buffer {
  const parts: Buffer[] = [
    Buffer.from('GGUF'),
    bytesOf(VERSION, 'u32'),
    bytesOf(tensors.length, 'u64'),
    bytesOf(metadata.size, 'u64'),
  ]
  for (const [key, { kind, of = kind, value }] of metadata) {
    parts.push(bytesOf(key, 'string'), bytesOf(kinds[kind], 'u32'))
    if (typeof value === 'object')
      parts.push(bytesOf(kinds[of], 'u32'), bytesOf(value.length, 'u64'), listBytes(value, of))
    else parts.push(bytesOf(value, kind))
  }
  let offset = 0
  for (const { name, dims, type, bytes } of tensors) {
    parts.push(
      bytesOf(name, 'string'),
      bytesOf(dims.length, 'u32'),
      ...dims.map((dim) => bytesOf(dim, 'u64')),
      bytesOf(type, 'u32'),
      bytesOf(offset, 'u64'),
    )
    offset += aligned(bytes.length)
  }
  const header = Buffer.concat(parts)
  const fill = (bytes: number) => Buffer.alloc(aligned(bytes) - bytes)
  return Buffer.concat([header, fill(header.length), ...tensors.flatMap(({ bytes }) => [bytes, fill(bytes.length)])])
}

/** A copy with some entries changed; undefined takes one away. */
export function withEntries(file: EditedFile, changes: Readonly<Record<string, Entry | undefined>>): EditedFile {
  const metadata = new Map(file.metadata)
  for (const [key, entry] of Object.entries(changes)) {
    if (entry) metadata.set(key, entry)
    else metadata.delete(key)
  }
  return { ...file, metadata }
}

/** A copy with each tensor changed, taken away (null) or replaced by several. */
export function withTensors(
  file: EditedFile,
  change: (tensor: EditedTensor) => EditedTensor | readonly EditedTensor[] | null,
): EditedFile {
  return { ...file, tensors: file.tensors.flatMap((tensor) => change(tensor) ?? []) }
}

/** The numbers of an F32 tensor. */
export function valuesOf({ bytes }: EditedTensor): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer)
}

/** A tensor made of numbers; in F16 where its rows do not fill whole blocks of the type, as converters do it. */
export function tensorOf(
  name: string,
  dims: readonly number[],
  values: Float32Array,
  wanted: Format = 'F32',
): EditedTensor {
  const format = dims[0]! % formats[wanted].numbers === 0 ? wanted : 'F16'
  return { name, dims, type: formats[format].id, bytes: encode(values, format) }
}

/** An F32 tensor in another type. */
export function inFormat(tensor: EditedTensor, wanted: Format): EditedTensor {
  return tensorOf(tensor.name, tensor.dims, valuesOf(tensor), wanted)
}

/** Entries of the common types, for short. */
export const u32 = (value: number): Entry => ({ kind: 'u32', value })
export const bool = (value: boolean): Entry => ({ kind: 'bool', value })
export const f32 = (value: number): Entry => ({ kind: 'f32', value })
export const string = (value: string): Entry => ({ kind: 'string', value: latin1(value) })
export const list = (of: Kind, value: readonly Scalar[]): Entry => ({ kind: 'array', of, value })
export const strings = (value: readonly string[]): Entry => list('string', value.map(latin1))
const latin1 = (text: string): string => Buffer.from(text).toString('latin1')

function encode(values: Float32Array, format: Format): Buffer {
  if (format === 'F32') return Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  if (format === 'F16') return Buffer.from(Float16Array.from(values).buffer)
  if (format === 'BF16') {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
    return Buffer.from(Uint16Array.from(bits, (each) => (each + 0x7fff + ((each >>> 16) & 1)) >>> 16).buffer)
  }
  const { numbers } = formats[format]
  const blocks = Array.from({ length: values.length / numbers }, (_, i) => [
    ...values.subarray(i * numbers, (i + 1) * numbers),
  ])
  return Buffer.concat(blocks.map(format === 'Q8_0' ? q8 : format === 'Q5_1' ? q5 : q4))
}

/** A scale and 32 bytes. */
function q8(block: readonly number[]): Buffer {
  const scale = half(Math.max(...block.map(Math.abs)) / 127)
  const bytes = Int8Array.from(block, (value) => within(Math.round(value / (scale || 1)), -127, 127))
  return Buffer.concat([halves(scale), Buffer.from(bytes.buffer)])
}

/** A scale, the least value, the fifth bits and two numbers a byte. */
function q5(block: readonly number[]): Buffer {
  const least = half(Math.min(...block))
  const scale = half((Math.max(...block) - least) / 31)
  const levels = block.map((value) => within(Math.round((value - least) / (scale || 1)), 0, 31))
  const high = levels.reduce((bits, level, i) => bits + (level >> 4) * 2 ** i, 0)
  return Buffer.concat([halves(scale, least), bytesOf(high, 'u32'), nibbles(levels)])
}

/** A scale and two numbers a byte. */
function q4(block: readonly number[]): Buffer {
  const largest = block.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0)
  const scale = half(largest / -8)
  return Buffer.concat([
    halves(scale),
    nibbles(block.map((value) => within(Math.floor(value / (scale || 1) + 8.5), 0, 15))),
  ])
}

const within = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, value))
const half = (value: number): number => Float16Array.of(value)[0]!
const halves = (...values: readonly number[]): Buffer => Buffer.from(Float16Array.from(values).buffer)
const nibbles = (levels: readonly number[]): Buffer =>
  Buffer.from(levels.slice(0, 16).map((level, i) => (level & 15) | ((levels[i + 16]! & 15) << 4)))

/** The values of a list one after the other, as fast as a whole vocabulary needs it. */
function listBytes(values: readonly Scalar[], kind: Kind): Buffer {
  if (kind !== 'string') return Buffer.concat(values.map((value) => bytesOf(value, kind)))
  const texts = values.map(String)
  const bytes = Buffer.alloc(texts.reduce((sum, text) => sum + 8 + text.length, 0))
  let at = 0
  for (const text of texts) {
    bytes.writeUInt32LE(text.length, at)
    at += 8 + bytes.write(text, at + 8, 'latin1')
  }
  return bytes
}

function bytesOf(value: Scalar, kind: Kind): Buffer {
  if (typeof value === 'string') return Buffer.concat([bytesOf(value.length, 'u64'), Buffer.from(value, 'latin1')])
  const bytes = Buffer.alloc(widths[kind]!)
  if (kind === 'f32') bytes.writeFloatLE(Number(value))
  else if (kind === 'f64') bytes.writeDoubleLE(Number(value))
  else if (kind === 'u64' || kind === 'i64') bytes.writeBigInt64LE(BigInt(value))
  else if (kind.startsWith('i')) bytes.writeIntLE(Number(value), 0, bytes.length)
  else bytes.writeUIntLE(Number(value), 0, bytes.length)
  return bytes
}

function readNumber(file: Buffer, at: number, kind: Kind): number | boolean {
  if (kind === 'bool') return file.readUInt8(at) === 1
  if (kind === 'f32') return file.readFloatLE(at)
  if (kind === 'f64') return file.readDoubleLE(at)
  if (kind === 'u64') return Number(file.readBigUInt64LE(at))
  if (kind === 'i64') return Number(file.readBigInt64LE(at))
  return kind.startsWith('i') ? file.readIntLE(at, widths[kind]!) : file.readUIntLE(at, widths[kind]!)
}
