import { readGguf, writeGguf } from './ggufEdit.ts'
import type { Entry, Kind } from './ggufEdit.ts'

/** What a part's header says of the split; changed by tests that make wrong parts. */
export interface SplitEntries {
  readonly number?: number
  readonly count?: number
  readonly tensors?: number
  /** The type of the count in the file. */
  readonly countType?: Kind
}

/**
 * Splits a sound GGUF file of alignment 32 as llama.cpp's `gguf-split` does: all metadata in the first part, the tensors
 * one after the other over `sizes.length` parts, `sizes[i]` of them in part i. `change` gives other entries to a part.
 */
export function splitGguf(
  file: Buffer,
  sizes: readonly number[],
  change: (part: number) => SplitEntries = () => ({}),
): Buffer[] {
  const { metadata, tensors } = readGguf(file)
  let next = 0
  return sizes.map((size, part) => {
    const { number = part, count = sizes.length, tensors: total = tensors.length, countType = 'u16' } = change(part)
    const split: [string, Entry][] = [
      ['split.no', { kind: 'u16', value: number }],
      ['split.count', { kind: countType, value: count }],
      ['split.tensors.count', { kind: 'i32', value: total }],
    ]
    next += size
    return writeGguf({
      metadata: new Map([...(part === 0 ? metadata : []), ...split]),
      tensors: tensors.slice(next - size, next),
    })
  })
}
