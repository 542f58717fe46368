import { open, rename, rm } from 'node:fs/promises'
import type { Weights } from './weights.ts'

/** One metadata value of a GGUF header. */
export type Value =
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly bool: boolean }
  | { readonly text: string }
  | { readonly i32s: readonly number[] }
  | { readonly f32s: readonly number[] }
  | { readonly bools: readonly boolean[] }
  | { readonly texts: readonly string[] }

/** `dims` as ggml counts them: the first is the length of a row. */
export interface Tensor {
  readonly name: string
  readonly dims: readonly number[]
  readonly weights: Weights
}

export interface GgufFile {
  readonly metadata: Readonly<Record<string, Value>>
  readonly tensors: readonly Tensor[]
}

const ALIGNMENT = 32
const CHUNK_BYTES = 4 << 20
const Type = { u32: 4, i32: 5, f32: 6, bool: 7, text: 8, list: 9 } as const

const align = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
const blocksOf = ({ dims, weights }: Tensor) =>
  dims.reduce((product, dim) => product * dim, 1) / weights.format.blockElements
const bytesOf = (tensor: Tensor) => blocksOf(tensor) * tensor.weights.format.blockBytes

/** The header and the size in bytes of the whole file. */
export function layOut(file: GgufFile): { header: Buffer; bytes: number } {
  const parts = [Buffer.from('GGUF'), u32(3), u64(file.tensors.length), u64(Object.keys(file.metadata).length)]
  for (const [key, value] of Object.entries(file.metadata)) parts.push(text(key), encode(value))
  let offset = 0
  for (const tensor of file.tensors) {
    parts.push(
      text(tensor.name),
      u32(tensor.dims.length),
      ...tensor.dims.map(u64),
      u32(tensor.weights.format.id),
      u64(offset),
    )
    offset += align(bytesOf(tensor))
  }
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  const header = Buffer.concat([...parts, Buffer.alloc(align(bytes) - bytes)])
  return { header, bytes: header.length + offset }
}

/** Writes the file in pieces of at most 4 MiB beside `path` and moves it there when it is complete. */
export async function writeGguf(path: string, file: GgufFile): Promise<void> {
  const part = `${path}.${process.pid}.part`
  const handle = await open(part, 'w')
  try {
    await handle.write(layOut(file).header)
    const chunk = Buffer.alloc(CHUNK_BYTES)
    for (const tensor of file.tensors) {
      const { blockBytes } = tensor.weights.format
      const most = Math.floor(CHUNK_BYTES / blockBytes)
      let left = blocksOf(tensor)
      while (left > 0) {
        const blocks = Math.min(left, most)
        tensor.weights.fill(chunk, blocks)
        await handle.write(chunk, 0, blocks * blockBytes)
        left -= blocks
      }
      const bytes = bytesOf(tensor)
      await handle.write(Buffer.alloc(align(bytes) - bytes))
    }
    await handle.close()
    await rename(part, path)
  } catch (error) {
    await handle.close()
    await rm(part, { force: true })
    throw error
  }
}

function encode(value: Value): Buffer {
  if ('u32' in value) return Buffer.concat([u32(Type.u32), u32(value.u32)])
  if ('f32' in value) return Buffer.concat([u32(Type.f32), floats([value.f32])])
  if ('bool' in value) return Buffer.concat([u32(Type.bool), Buffer.of(value.bool ? 1 : 0)])
  if ('text' in value) return Buffer.concat([u32(Type.text), text(value.text)])
  if ('i32s' in value) return list(Type.i32, value.i32s.length, Buffer.from(Int32Array.from(value.i32s).buffer))
  if ('f32s' in value) return list(Type.f32, value.f32s.length, floats(value.f32s))
  if ('bools' in value) return list(Type.bool, value.bools.length, Buffer.from(value.bools.map(Number)))
  return list(Type.text, value.texts.length, Buffer.concat(value.texts.map(text)))
}

const list = (type: number, length: number, body: Buffer) =>
  Buffer.concat([u32(Type.list), u32(type), u64(length), body])
const floats = (values: readonly number[]) => Buffer.from(Float32Array.from(values).buffer)

function u32(value: number): Buffer {
  const out = Buffer.alloc(4)
  out.writeUInt32LE(value)
  return out
}

function u64(value: number): Buffer {
  const out = Buffer.alloc(8)
  out.writeBigUInt64LE(BigInt(value))
  return out
}

function text(value: string): Buffer {
  const body = Buffer.from(value)
  return Buffer.concat([u64(body.length), body])
}
