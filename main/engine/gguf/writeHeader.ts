import { open } from 'node:fs/promises'
import type { GgufHeader, MetadataEntry, Scalar, ScalarType } from './header.ts'

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
export async function writeHeader(header: GgufHeader): Promise<Buffer> {
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
    return Buffer.concat([number('u32', typeIds[entry.type]), scalar(entry.type, entry.value)])
  const values = entry.values ?? []
  const head = [number('u32', ARRAY), number('u32', typeIds[entry.type]), number('u64', values.length)]
  return Buffer.concat([...head, ...values.map((value) => scalar(entry.type, value))])
}

function scalar(type: ScalarType, value: Scalar): Buffer {
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
