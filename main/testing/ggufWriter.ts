import { bool, f32, list, string, strings, tensorOf, u32, writeGguf } from './ggufEdit.ts'
import type { Entry } from './ggufEdit.ts'

/** A value of the metadata with its type in the file. */
export type GgufValue =
  | string
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly bool: boolean }
  | { readonly u32s: readonly number[] }
  | { readonly i32s: readonly number[] }
  | { readonly f32s: readonly number[] }
  | { readonly strings: readonly string[] }

/** A tensor of F32; `dims[0]` is the contiguous dimension. */
export interface GgufTensor {
  readonly name: string
  readonly dims: readonly number[]
  readonly data: Float32Array
}

/** The bytes of a GGUF file of F32 tensors. Nothing is checked, so that wrong files can be made too. */
export function ggufFile(metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Buffer {
  return writeGguf({
    metadata: new Map(Object.entries(metadata).map(([key, value]) => [key, entryOf(value)])),
    tensors: tensors.map(({ name, dims, data }) => tensorOf(name, dims, data)),
  })
}

/** What a LoRA adapter for a Qwen2-VL model consists of, as llama.cpp's `convert_lora_to_gguf.py` writes it. */
export interface LoraOptions {
  /** Weights it changes, with their [columns, rows]. */
  readonly weights: Readonly<Record<string, readonly [number, number]>>
  readonly rank?: number
  readonly alpha?: number
  /** Entry number `i` of a matrix. */
  readonly value?: (i: number) => number
  readonly metadata?: Readonly<Record<string, GgufValue>>
}

/** The bytes of a LoRA adapter: for each weight the pair `.lora_a` [columns, rank] and `.lora_b` [rank, rows]. */
export function loraFile({
  weights,
  rank = 4,
  alpha = 8,
  value = (i) => Math.sin(i) / 4,
  metadata = {},
}: LoraOptions): Buffer {
  const matrix = (name: string, dims: readonly number[]): GgufTensor => ({
    name,
    dims,
    data: Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, (_, i) => value(i)),
  })
  const tensors = Object.entries(weights).flatMap(([name, [columns, rows]]) => [
    matrix(`${name}.lora_a`, [columns, rank]),
    matrix(`${name}.lora_b`, [rank, rows]),
  ])
  return ggufFile(
    {
      'general.architecture': 'qwen2vl',
      'general.type': 'adapter',
      'adapter.type': 'lora',
      'adapter.lora.alpha': { f32: alpha },
      'general.name': 'Test adapter',
      ...metadata,
    },
    tensors,
  )
}

function entryOf(value: GgufValue): Entry {
  if (typeof value === 'string') return string(value)
  if ('u32' in value) return u32(value.u32)
  if ('f32' in value) return f32(value.f32)
  if ('bool' in value) return bool(value.bool)
  if ('u32s' in value) return list('u32', value.u32s)
  if ('i32s' in value) return list('i32', value.i32s)
  if ('f32s' in value) return list('f32', value.f32s)
  return strings(value.strings)
}
