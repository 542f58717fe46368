import { unsupported, unusual } from './problems.ts'
import { fileTypeName, tensorTypes } from './tensorTypes.ts'
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

/** Largest value of a u32, the type of most sizes in the metadata. */
const U32_MAX = 2 ** 32 - 1

/**
 * The metadata of one header by key and type. Types are exact, as in llama.cpp. Every method but `has`, `text`,
 * `texts` and `flag` throws UnsupportedModel for a value of another type or range, and for a missing one unless there is a
 * fallback.
 */
export class Fields {
  private readonly header: GgufHeader

  constructor(header: GgufHeader) {
    this.header = header
  }

  has(key: string): boolean {
    return this.header.metadata.has(key)
  }

  /** A text, or null when it is missing or something else. */
  text(key: string): string | null {
    const entry = this.header.metadata.get(key)
    return entry?.kind === 'scalar' && typeof entry.value === 'string' ? entry.value : null
  }

  /** The texts of a short list; empty when it is missing or something else. */
  texts(key: string): readonly string[] {
    const entry = this.header.metadata.get(key)
    return entry?.kind === 'array' && entry.type === 'string' ? ((entry.values ?? []) as readonly string[]) : []
  }

  /** Whether there is a truth value that is true. */
  flag(key: string): boolean {
    const entry = this.header.metadata.get(key)
    return entry?.kind === 'scalar' && entry.value === true
  }

  u32(key: string, range: { min?: number; max?: number } = {}): number {
    const value = this.scalar(key, 'u32')
    if (typeof value !== 'number') throw this.missing(key)
    if (value < (range.min ?? 0) || value > (range.max ?? U32_MAX))
      throw unusual(this.header.path, `${key} is ${value}`)
    return value
  }

  /** A float within [min, max]; NaN and infinities never are. */
  f32(key: string, range: { min: number; max: number }): number {
    const value = this.scalar(key, 'f32')
    if (typeof value !== 'number') throw this.missing(key)
    if (!(value >= range.min && value <= range.max)) throw unusual(this.header.path, `${key} is ${value}`)
    return value
  }

  bool(key: string, fallback: boolean): boolean {
    const value = this.scalar(key, 'bool')
    return typeof value === 'boolean' ? value : fallback
  }

  /** Exactly `length` finite numbers of one of `types`. */
  numbers(key: string, length: number, types: readonly ScalarType[]): number[] {
    const entry = this.header.metadata.get(key)
    if (!entry) throw this.missing(key)
    const values = entry.kind === 'array' && types.includes(entry.type) ? entry.values : null
    if (values?.length !== length) throw unusual(this.header.path, `${key} is not a list of ${length} numbers`)
    const numbers = values.map(Number)
    if (!numbers.every(Number.isFinite)) throw unusual(this.header.path, `${key} holds a value that is not a number`)
    return numbers
  }

  /** The length of a list of one of `types`; null when there is none. */
  listLength(key: string, types: readonly ScalarType[]): number | null {
    const entry = this.header.metadata.get(key)
    if (!entry) return null
    if (entry.kind !== 'array' || !types.includes(entry.type))
      throw unusual(this.header.path, `${key} is not a list of ${types.join(' or ')}`)
    return entry.length
  }

  private scalar(key: string, type: ScalarType) {
    const entry = this.header.metadata.get(key)
    if (!entry) return undefined
    if (entry.kind !== 'scalar' || entry.type !== type) throw unusual(this.header.path, `${key} is not of type ${type}`)
    return entry.value
  }

  private missing(key: string) {
    return unusual(this.header.path, `its ${key} is missing`)
  }
}

/** The tensor of that name. @throws AppError UnsupportedModel when it is missing. */
export function requireTensor(header: GgufHeader, name: string): TensorInfo {
  const tensor = header.tensors.get(name)
  if (!tensor) throw unusual(header.path, `its tensor ${name} is missing`)
  return tensor
}

/**
 * A matrix [columns, rows, ...] as ggml counts its dimensions, in a type that can be multiplied.
 * @throws AppError UnsupportedModel.
 */
export function requireMatrix(header: GgufHeader, name: string, dims: readonly number[]): void {
  const tensor = requireTensor(header, name)
  requireShape(header, tensor, dims)
  if (!tensor.type.isWeight)
    throw unsupported(
      header.path,
      `stores its tensor ${name} as ${tensor.type.name}, which cannot be used for weights. Choose another conversion of the model.`,
    )
}

/**
 * A bias or a norm's weight: `length` numbers in one of `types`; ggml's CPU backend ends the process on others than F32.
 * @throws AppError UnsupportedModel.
 */
export function requireVector(
  header: GgufHeader,
  name: string,
  length: number,
  types: readonly string[] = ['F32'],
): void {
  requireNumbers(header, name, [length], types)
}

/** The same of a tensor of any shape. @throws AppError UnsupportedModel. */
export function requireNumbers(
  header: GgufHeader,
  name: string,
  dims: readonly number[],
  types: readonly string[] = ['F32'],
): void {
  const tensor = requireTensor(header, name)
  requireShape(header, tensor, dims)
  if (!types.includes(tensor.type.name))
    throw unsupported(
      header.path,
      `stores its tensor ${name} as ${tensor.type.name}; ${types.join(' or ')} is needed. Choose another conversion of the model.`,
    )
}

function requireShape(header: GgufHeader, tensor: TensorInfo, dims: readonly number[]): void {
  // trailing dimensions of 1 are the same shape
  const same = Array.from({ length: 4 }, (_, i) => (tensor.dims[i] ?? 1) === (dims[i] ?? 1)).every(Boolean)
  if (!same)
    throw unusual(
      header.path,
      `its tensor ${tensor.name} has the shape ${tensor.dims.join(' x ')} instead of ${dims.join(' x ')}`,
    )
}

const typeNames: ReadonlySet<string> = new Set([...tensorTypes.values()].map(({ name }) => name))

/**
 * The name of how a file's weights are stored, e.g. "Q4_K_M": from `general.file_type`, else the type that most of the
 * numbers of its matrices have. The first is passed over where no tensor has the type that it names:
 * llama-llava-clip-quantize-cli wrote the number of a tensor type there (7 for Q5_1, which elsewhere is Q8_0).
 */
export function quantizationOf(header: GgufHeader): string {
  const entry = header.metadata.get('general.file_type')
  const named = entry?.kind === 'scalar' && typeof entry.value === 'number' ? fileTypeName(entry.value) : null
  const tensors = [...header.tensors.values()]
  if (named !== null && (!typeNames.has(named) || tensors.some(({ type }) => type.name === named))) return named
  const matrices = tensors.filter(({ dims }) => dims.length === 2)
  const numbers = new Map<string, number>()
  for (const { type, dims } of matrices.length > 0 ? matrices : tensors)
    numbers.set(type.name, (numbers.get(type.name) ?? 0) + dims.reduce((product, dim) => product * dim, 1))
  return [...numbers].reduce((most, each) => (each[1] > most[1] ? each : most), ['', 0] as const)[0]
}
