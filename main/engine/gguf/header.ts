import type { TensorType } from './tensorTypes.ts'
import type { VocabularyScan } from './vocabulary.ts'

export type ScalarType = 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'f32' | 'bool' | 'string' | 'u64' | 'i64' | 'f64'

/** One value of the metadata. 64-bit integers are doubles, exact up to 2^53; floats may be NaN or infinite. */
export type Scalar = number | boolean | string

/** Where an entry's value stands in its file with its type before it, in bytes; not there when the entry was made here. */
interface Placed {
  readonly raw?: { readonly at: number; readonly bytes: number }
}

export interface ScalarEntry extends Placed {
  readonly kind: 'scalar'
  readonly type: ScalarType
  readonly value: Scalar
}

/** An array of the metadata; `offset` is the file position of its first element, in bytes. */
export interface ArrayEntry extends Placed {
  readonly kind: 'array'
  readonly type: ScalarType
  readonly length: number
  readonly offset: number
  /** Of up to 4,096 numbers or booleans, or up to 64 texts; null for longer arrays. */
  readonly values: readonly Scalar[] | null
}

export type MetadataEntry = ScalarEntry | ArrayEntry

/** A tensor as the header describes it. `dims[0]` is the contiguous dimension; `offset` counts from `dataOffset`. */
export interface TensorInfo {
  readonly name: string
  readonly dims: readonly number[]
  readonly type: TensorType
  readonly offset: number
  readonly bytes: number
}

/** A GGUF file's header whose counts, lengths, types and extents have been checked against the file. Sizes in bytes. */
export interface GgufHeader {
  readonly path: string
  readonly fileBytes: number
  readonly version: number
  readonly alignment: number
  readonly dataOffset: number
  readonly metadata: ReadonlyMap<string, MetadataEntry>
  readonly tensors: ReadonlyMap<string, TensorInfo>
  /** What was seen while reading the token and merge texts; these are not kept. */
  readonly vocabulary: VocabularyScan
}
