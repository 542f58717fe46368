/// <reference lib="esnext.float16" />
import { ggufFields } from './ggufFields.ts'
import type { Field } from './ggufFields.ts'

const F16 = 1
const ALIGNMENT = 32
const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

/**
 * An f32 GGUF file as llama.cpp's converter writes it with `--outtype f16`: matrices in half precision, rounded to the
 * nearest; norms and biases as they were. For files of alignment 32 whose tensors are all f32.
 */
export function inHalfPrecision(file: Buffer): Buffer {
  const { fields, headerBytes } = ggufFields(file)
  const header = Buffer.from(file.subarray(0, aligned(headerBytes)))
  const find = (kind: Field['kind'], name: string) =>
    fields.find((field) => field.kind === kind && field.name === name)!.at
  header.writeUInt32LE(F16, find('integer', 'general.file_type'))
  const data: Buffer[] = []
  let offset = 0
  for (const { name, at } of fields.filter(({ kind }) => kind === 'offset')) {
    const dims = fields
      .filter((field) => field.kind === 'dimension' && field.name.startsWith(`${name}[`))
      .map((field) => Number(file.readBigUInt64LE(field.at)))
    const count = dims.reduce((product, dim) => product * dim, 1)
    const start = header.length + Number(file.readBigUInt64LE(at))
    const bytes = file.subarray(start, start + count * 4)
    const isMatrix = dims.length > 1
    if (isMatrix) header.writeUInt32LE(F16, find('type', name))
    header.writeBigUInt64LE(BigInt(offset), at)
    const kept = isMatrix ? half(bytes) : bytes
    data.push(kept, Buffer.alloc(aligned(kept.length) - kept.length))
    offset += aligned(kept.length)
  }
  return Buffer.concat([header, ...data])
}

function half(floats: Buffer): Buffer {
  const values = Float32Array.from({ length: floats.length / 4 }, (_, i) => floats.readFloatLE(i * 4))
  return Buffer.from(Float16Array.from(values).buffer)
}
