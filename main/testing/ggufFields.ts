/** One field of a GGUF header: where it is, in bytes from the start of the file, and how wide. */
export interface Field {
  readonly name: string
  readonly kind: 'count' | 'length' | 'type' | 'dimension' | 'offset' | 'integer' | 'float' | 'text'
  readonly at: number
  readonly bytes: number
}

export interface FieldMap {
  readonly fields: readonly Field[]
  /** Position and size of each key-value pair. */
  readonly entries: readonly { readonly at: number; readonly bytes: number }[]
  readonly headerBytes: number
}

const scalarBytes: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
}
const STRING = 8
const ARRAY = 9
/** Of long lists only the first elements are listed. */
const LISTED = 16

/** Finds the fields of a sound GGUF file. Nothing is checked: it is for files made by the tests. */
export function ggufFields(file: Buffer): FieldMap {
  const fields: Field[] = []
  const entries: { at: number; bytes: number }[] = []
  let at = 0
  const take = (kind: Field['kind'], name: string, bytes: number) => {
    fields.push({ kind, name, at, bytes })
    at += bytes
    return bytes === 8 ? Number(file.readBigUInt64LE(at - 8)) : bytes === 4 ? file.readUInt32LE(at - 4) : 0
  }
  const text = (name: string, list = true) => {
    const bytes = list ? take('length', name, 8) : Number(file.readBigUInt64LE(at))
    if (!list) at += 8
    if (list && bytes > 0) take('text', name, bytes)
    else at += bytes
    return file.toString('utf8', at - bytes, at)
  }
  const value = (name: string, type: number, list = true) => {
    if (type === STRING) text(name, list)
    else if (list) take(type === 6 || type === 12 ? 'float' : 'integer', name, scalarBytes[type]!)
    else at += scalarBytes[type]!
  }
  take('type', 'magic', 4)
  take('type', 'version', 4)
  const tensors = take('count', 'tensors', 8)
  const pairs = take('count', 'entries', 8)
  for (let i = 0; i < pairs; i++) {
    const start = at
    const key = text(`key ${i}`)
    const type = take('type', key, 4)
    if (type === ARRAY) {
      const element = take('type', key, 4)
      const length = take('length', key, 8)
      for (let j = 0; j < length; j++) value(`${key}[${j}]`, element, j < LISTED)
    } else value(key, type)
    entries.push({ at: start, bytes: at - start })
  }
  for (let i = 0; i < tensors; i++) {
    const name = text(`tensor ${i}`)
    const dimensions = take('count', `${name} dimensions`, 4)
    for (let j = 0; j < dimensions; j++) take('dimension', `${name}[${j}]`, 8)
    take('type', name, 4)
    take('offset', name, 8)
  }
  return { fields, entries, headerBytes: at }
}

/// <reference lib="esnext.float16" />

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
    // a convolution is no matrix that is multiplied, and stays as it is
    const isMatrix = dims.length > 1 && !name.includes('ssm_conv1d')
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
