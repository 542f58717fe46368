import type { GgufHeader, ScalarType } from './header.ts'
import { unusual } from './problems.ts'

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
