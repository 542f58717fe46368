import { ggufFields } from './ggufFields.ts'

/** What a part's header says of the split; changed by tests that make wrong parts. */
export interface SplitEntries {
  readonly number?: number
  readonly count?: number
  readonly tensors?: number
  /** The entries' type in the file; 2: u16, 4: u32, 5: i32. */
  readonly countType?: number
}

const PREAMBLE_BYTES = 24
const ALIGNMENT = 32
const U16 = 2
const I32 = 5

/**
 * Splits a sound GGUF file of alignment 32 as llama.cpp's `gguf-split` does: all metadata in the first part, the tensors
 * one after the other over `sizes.length` parts, `sizes[i]` of them in part i. `change` gives other entries to a part.
 */
export function splitGguf(
  file: Buffer,
  sizes: readonly number[],
  change: (part: number) => SplitEntries = () => ({}),
): Buffer[] {
  const { fields, entries, headerBytes } = ggufFields(file)
  const last = entries.at(-1)!
  const metadata = file.subarray(PREAMBLE_BYTES, last.at + last.bytes)
  const offsets = fields
    .filter((field) => field.kind === 'offset')
    .map(({ at }) => ({ at, offset: Number(file.readBigUInt64LE(at)) }))
  const data = file.subarray(aligned(headerBytes))
  const tensors = offsets.map(({ at, offset }, i) => ({
    info: file.subarray(i === 0 ? last.at + last.bytes : offsets[i - 1]!.at + 8, at),
    data: data.subarray(offset, offsets[i + 1]?.offset ?? data.length),
  }))
  let next = 0
  return sizes.map((size, part) => {
    const { number = part, count = sizes.length, tensors: total = tensors.length, countType = U16 } = change(part)
    const split = [
      entry('split.no', U16, number),
      entry('split.count', countType, count),
      entry('split.tensors.count', I32, total),
    ]
    const chosen = tensors.slice(next, next + size)
    next += size
    const kept = part === 0 ? entries.length : 0
    const header = [
      Buffer.from('GGUF'),
      u32(3),
      u64(chosen.length),
      u64(kept + split.length),
      ...(kept > 0 ? [metadata] : []),
      ...split,
    ]
    let offset = 0
    for (const tensor of chosen) {
      header.push(tensor.info, u64(offset))
      offset += aligned(tensor.data.length)
    }
    return Buffer.concat([padded(Buffer.concat(header)), ...chosen.map((tensor) => padded(tensor.data))])
  })
}

function entry(key: string, type: number, value: number): Buffer {
  const number = type === U16 ? Buffer.alloc(2) : Buffer.alloc(4)
  if (type === U16) number.writeUInt16LE(value)
  else number.writeUInt32LE(value)
  return Buffer.concat([u64(key.length), Buffer.from(key), u32(type), number])
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

const aligned = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(aligned(bytes.length) - bytes.length)])
