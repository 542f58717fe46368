import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Sizes in bytes of GGUF's fixed-size value types; 8 is a string, 9 an array. */
const sizes: Record<number, number> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 }

export interface Tensor {
  readonly name: string
  readonly dims: readonly bigint[]
  readonly type: number
  readonly data: Buffer
}

/** A GGUF file (version 3) taken apart: metadata values are the bytes as they stand in the file. */
export interface GgufFile {
  readonly metadata: { key: string; type: number; value: Buffer }[]
  readonly tensors: Tensor[]
}

const ALIGNMENT = 32
const align = (size: number): number => Math.ceil(size / ALIGNMENT) * ALIGNMENT

/** Takes a sound file apart. */
export function readGguf(file: Buffer): GgufFile {
  let at = 24
  const u32 = () => file.readUInt32LE((at += 4) - 4)
  const u64 = () => file.readBigUInt64LE((at += 8) - 8)
  const text = () => {
    const length = Number(u64())
    return file.toString('utf8', at, (at += length))
  }
  const skip = (type: number): void => {
    if (type === 8) return void text()
    if (type !== 9) return void (at += sizes[type] ?? 0)
    const element = u32()
    for (let left = u64(); left > 0n; left--) skip(element)
  }
  const metadata = Array.from({ length: Number(file.readBigUInt64LE(16)) }, () => {
    const key = text()
    const type = u32()
    const start = at
    skip(type)
    return { key, type, value: Buffer.from(file.subarray(start, at)) }
  })
  const infos = Array.from({ length: Number(file.readBigUInt64LE(8)) }, () => {
    const name = text()
    const dims = Array.from({ length: u32() }, u64)
    return { name, dims, type: u32(), offset: Number(u64()) }
  })
  const base = align(at)
  const starts = [...infos.map(({ offset }) => offset), file.length - base].sort((a, b) => a - b)
  const tensors = infos.map(({ offset, ...info }) => {
    const end = starts[starts.lastIndexOf(offset) + 1] ?? file.length - base
    return { ...info, data: Buffer.from(file.subarray(base + offset, base + end)) }
  })
  return { metadata, tensors }
}

/** Puts a file together. */
export function writeGguf({ metadata, tensors }: GgufFile): Buffer {
  const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer)
  const u64 = (value: number | bigint) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer)
  const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)])
  let offset = 0
  const infos = tensors.map(({ name, dims, type, data }) => {
    const info = Buffer.concat([text(name), u32(dims.length), ...dims.map(u64), u32(type), u64(offset)])
    offset += align(data.length)
    return info
  })
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(metadata.length),
    ...metadata.flatMap(({ key, type, value }) => [text(key), u32(type), value]),
    ...infos,
  ])
  const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(align(bytes.length) - bytes.length)])
  return Buffer.concat([padded(header), ...tensors.map(({ data }) => padded(data))])
}

/** The two files of a model. */
interface Files {
  readonly text: string
  readonly projector: string
}

/** A copy of a language model in `folder` that goes by another name, with the same projector. */
export function namedModel(folder: string, name: string, model: Files): Files {
  const file = readGguf(readFileSync(model.text))
  const length = Buffer.from(BigUint64Array.of(BigInt(Buffer.byteLength(name))).buffer)
  const value = Buffer.concat([length, Buffer.from(name)])
  const text = join(folder, `${name.replaceAll(' ', '-')}.gguf`)
  const metadata = file.metadata.map((entry) => (entry.key === 'general.name' ? { ...entry, value } : entry))
  writeFileSync(text, writeGguf({ metadata, tensors: file.tensors }))
  return { text, projector: model.projector }
}
