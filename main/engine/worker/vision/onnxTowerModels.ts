import type { FileHandle } from 'node:fs/promises'
import { AppError } from '#contract'
import { visionOf } from '../../../lib/families/families.ts'
import type { VisionFacts } from '../../../lib/families/family.ts'
import type { ProjectorFacts } from '../../gguf/checkProjector.ts'
import { GgmlType } from '../native/ggml.ts'
import type { Ggml } from '../native/ggml.ts'
import { MICROSOFT, ModelWriter, OnnxType } from '../onnx/model.ts'
import { patchValues } from './patches.ts'

/**
 * How products with a matrix are computed. `f32`: in single precision. `blocks`: both sides in 8 bits, with a scale for every
 * `BLOCK` numbers of a row. `rows`: both sides in 8 bits, with a scale for each row of the matrix and one for all activations.
 */
export type Form = 'f32' | 'blocks' | 'rows'

/** The products of a block: queries, keys and values; attention's output; both matrices of the feed-forward part. */
export interface BlockForms {
  readonly qkv: Form
  readonly out: Form
  readonly up: Form
  readonly down: Form
}

export const PRODUCTS = ['qkv', 'out', 'up', 'down'] as const satisfies readonly (keyof BlockForms)[]
export const allIn = (form: Form): BlockForms => ({ qkv: form, out: form, up: form, down: form })

const BLOCK = 128

/** How the keys and values of a picture are kept between the two models of a block, which are computed by groups of heads. */
export interface KeyLayout {
  /** In single precision, or in half of it. */
  readonly type: typeof OnnxType.F32 | typeof OnnxType.F16
  /** Groups of as many heads each. */
  readonly groups: number
}

/** Tasks that the library makes of one head's attention in a run. */
const TASKS_OF_A_HEAD = 4
const LEAST_HEADS = 2

/**
 * The library copies the keys and values that it is given, so that it gets those of few heads at a time: as many as keep all
 * threads busy. 8-bit products are less exact than numbers of half precision.
 */
export function keyLayout(heads: number, threads: number, isExact: boolean): KeyLayout {
  let atOnce = LEAST_HEADS
  while (atOnce < heads && (heads % atOnce || atOnce * TASKS_OF_A_HEAD < threads)) atOnce++
  return { type: isExact ? OnnxType.F32 : OnnxType.F16, groups: Math.max(1, heads / atOnce) }
}

/** The tensors of a projector file as single-precision numbers. */
export class Weights {
  private readonly ggml: Ggml
  private readonly file: FileHandle
  private readonly facts: ProjectorFacts

  constructor(ggml: Ggml, file: FileHandle, facts: ProjectorFacts) {
    this.ggml = ggml
    this.file = file
    this.facts = facts
  }

  has(name: string): boolean {
    return this.facts.tensors.has(name)
  }

  async get(name: string): Promise<Float32Array> {
    const { type, offset, bytes } = this.facts.tensors.get(name)!
    const raw = new Uint8Array(bytes)
    const { bytesRead } = await this.file.read(raw, 0, bytes, this.facts.dataOffset + offset)
    if (bytesRead !== bytes) throw new AppError('ModelDamaged', 'The projector file ended early. Download it again.')
    if (type.id === GgmlType.F32) return new Float32Array(raw.buffer)
    const out = new Float32Array(bytes / 2)
    if (type.id === GgmlType.F16) await this.ggml.f16ToF32(raw, out, out.length)
    else {
      const [halves, bits] = [new Uint16Array(raw.buffer), new Uint32Array(out.buffer)]
      for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16
    }
    return out
  }
}

/** Writes the models that a tower consists of. */
export class TowerWriter {
  private readonly weights: Weights
  private readonly facts: ProjectorFacts
  private readonly vision: VisionFacts
  private readonly layout: KeyLayout
  /** Matrices of the block at hand, which may be written twice. */
  private readonly read = new Map<string, Float32Array>()

  constructor(weights: Weights, facts: ProjectorFacts, layout: KeyLayout) {
    this.weights = weights
    this.facts = facts
    this.layout = layout
    this.vision = visionOf(facts.family)
  }

  /** Lets go of the weights of a block that is done. */
  forget(): void {
    this.read.clear()
  }

  private async matrix(name: string): Promise<Float32Array> {
    const found = this.read.get(name) ?? (await this.weights.get(name))
    this.read.set(name, found)
    return found
  }

  async embedding(): Promise<Uint8Array> {
    const { embeddingLength: width, positionSide } = this.facts
    const model = new ModelWriter()
    const values = patchValues(this.vision.patchPixels)
    const first = model.input('first', OnnxType.F32, ['rows', values])
    const second = model.input('second', OnnxType.F32, ['rows', values])
    const kernel = async (x: string, name: string) => {
      const weight = model.constant({ type: OnnxType.F32, dims: [width, values], data: await this.weights.get(name) })
      return model.node('Gemm', [x, weight], { transB: 1 })[0]!
    }
    let x = model.node('Add', [
      await kernel(first, 'v.patch_embd.weight'),
      await kernel(second, 'v.patch_embd.weight.1'),
    ])[0]!
    if (positionSide !== null) {
      x = model.node('Add', [x, await this.vector(model, 'v.patch_embd.bias')])[0]!
      const table = model.constant({
        type: OnnxType.F32,
        dims: [positionSide ** 2, width],
        data: await this.weights.get('v.position_embd.weight'),
      })
      let learned: string | null = null
      for (let corner = 0; corner < 4; corner++) {
        const rows = model.input(`rows${corner}`, OnnxType.I32, ['rows'])
        const shares = model.input(`shares${corner}`, OnnxType.F32, ['rows', 1])
        const share = model.node('Mul', [model.node('Gather', [table, rows])[0]!, shares])[0]!
        learned = learned ? model.node('Add', [learned, share])[0]! : share
      }
      x = model.node('Add', [x, learned!])[0]!
    }
    return finish(model, { x }, ['rows', width])
  }

  /** Keys and values of block `i`, `k0`, `v0`, `k1` ... by groups of heads, [1, rows, width of a group], keys at their positions. */
  async beforeAttention(i: number, forms: BlockForms, isWatched: boolean): Promise<Uint8Array> {
    const { embeddingLength: width } = this.facts
    const model = new ModelWriter()
    const x = model.input('x', OnnxType.F32, ['rows', width])
    const name = `v.blk.${i}`
    const h = await this.norm(model, x, `${name}.ln1`)
    const [k, v] = await this.products(model, h, [`${name}.attn_k`, `${name}.attn_v`], forms.qkv)
    if (isWatched) watch(model, h, 'qkv')
    const { type, groups } = this.layout
    const out: Record<string, string> = {}
    for (const [letter, all] of [
      ['k', this.rotate(model, k!)],
      ['v', unsqueeze(model, v!)],
    ] as const) {
      const kept = type === OnnxType.F32 ? all : model.node('Cast', [all], { to: type })[0]!
      const parts =
        groups === 1 ? [kept] : model.node('Split', [kept], { axis: 2, num_outputs: groups }, { outputs: groups })
      parts.forEach((part, group) => (out[`${letter}${group}`] = part))
    }
    return finish(model, out, [1, 'rows', width / groups], type)
  }

  /** Turns rows of heads to the rotary positions `cos` and `sin`, [1, rows, width]. */
  private rotate(model: ModelWriter, rows: string): string {
    const { embeddingLength: width, heads } = this.facts
    const half = width / heads / 2
    const tables = ['cos', 'sin'].map((name) => model.input(name, OnnxType.F32, ['rows', half]))
    const first = model.constant({ type: OnnxType.I64, dims: [1], data: new BigInt64Array(1) })
    return model.node('RotaryEmbedding', [unsqueeze(model, rows), first, ...tables], {}, { domain: MICROSOFT })[0]!
  }

  /**
   * What block `i` adds to `x`: attention over keys and values as `beforeAttention` gives them, then the feed-forward part.
   * `shape`: of the queries, [windows, queries of each, width].
   */
  async afterAttention(i: number, forms: BlockForms, isWatched: boolean): Promise<Uint8Array> {
    const { embeddingLength: width } = this.facts
    const model = new ModelWriter()
    const x = model.input('x', OnnxType.F32, ['rows', width])
    const queries = model.input('shape', OnnxType.I64, [3])
    const name = `v.blk.${i}`
    const first = await this.norm(model, x, `${name}.ln1`)
    const [product] = await this.products(model, first, [`${name}.attn_q`], forms.qkv)
    const q = model.node('Reshape', [this.rotate(model, product!), queries])[0]!
    const attention = this.attention(model, q!)
    const shape = model.constant({ type: OnnxType.I64, dims: [2], data: BigInt64Array.of(-1n, BigInt(width)) })
    const rows = model.node('Reshape', [attention, shape])[0]!
    const [out] = await this.products(model, rows, [`${name}.attn_out`], forms.out)
    const middle = model.node('Add', [x, out!])[0]!
    const h = await this.norm(model, middle, `${name}.ln2`)
    const { hasGate } = this.vision
    const [up, gate] = await this.products(
      model,
      h,
      hasGate ? [`${name}.ffn_up`, `${name}.ffn_gate`] : [`${name}.ffn_up`],
      forms.up,
    )
    const active = this.activate(model, gate ?? up!)
    const inner = hasGate ? model.node('Mul', [active, up!])[0]! : active
    const [down] = await this.products(model, inner, [`${name}.ffn_down`], forms.down)
    if (isWatched)
      for (const [value, product] of [
        [rows, 'out'],
        [h, 'up'],
        [inner, 'down'],
      ] as const)
        watch(model, value, product)
    return finish(model, { y: model.node('Add', [middle, down!])[0]! }, ['rows', width])
  }

  /** Attention of queries, [windows, queries, width], over the keys and values that are given with a run. */
  private attention(model: ModelWriter, queries: string): string {
    const { embeddingLength: width, heads } = this.facts
    const { type, groups } = this.layout
    const whole = (name: string) => {
      // three sides: with keys by head the library computes all scores of a head at once, which takes as much memory
      const kept = model.input(name, type, ['windows', 'keys', width / groups])
      return type === OnnxType.F32 ? kept : model.node('Cast', [kept], { to: OnnxType.F32 })[0]!
    }
    const parts =
      groups === 1 ? [queries] : model.node('Split', [queries], { axis: 2, num_outputs: groups }, { outputs: groups })
    const found = parts.map((part, group) => {
      const inputs = [part, whole(`k${group}`), whole(`v${group}`)]
      return model.node('MultiHeadAttention', inputs, { num_heads: heads / groups }, { domain: MICROSOFT })[0]!
    })
    return groups === 1 ? found[0]! : model.node('Concat', found, { axis: 2 })[0]!
  }

  private activate(model: ModelWriter, x: string): string {
    const { activation } = this.vision
    if (activation === 'gelu-tanh') return model.node('Gelu', [x], { approximate: 'tanh' })[0]!
    const alpha = { float: activation === 'silu' ? 1 : 1.702 }
    return model.node('QuickGelu', [x], { alpha }, { domain: MICROSOFT })[0]!
  }

  /** Four rows become one of the language model's. `isNormedAfter`: the norm is over all four together. */
  async merger(norm: string, first: string, second: string, isNormedAfter: boolean, form: Form): Promise<Uint8Array> {
    const { embeddingLength: width, outputLength } = this.facts
    const model = new ModelWriter()
    const x = model.input('x', OnnxType.F32, ['patches', width])
    const shape = model.constant({ type: OnnxType.I64, dims: [2], data: BigInt64Array.of(-1n, BigInt(width * 4)) })
    const four = (rows: string) => model.node('Reshape', [rows, shape])[0]!
    const merged = isNormedAfter ? await this.norm(model, four(x), norm) : four(await this.norm(model, x, norm))
    const [up] = await this.products(model, merged, [first], form)
    const [down] = await this.products(model, model.node('Gelu', [up!])[0]!, [second], form)
    return finish(model, { y: down! }, ['tokens', outputLength])
  }

  private async vector(model: ModelWriter, name: string): Promise<string> {
    const data = await this.weights.get(name)
    return model.constant({ type: OnnxType.F32, dims: [data.length], data })
  }

  private async norm(model: ModelWriter, x: string, name: string): Promise<string> {
    const epsilon = { float: this.facts.eps }
    const weight = await this.vector(model, `${name}.weight`)
    if (this.vision.norm === 'rms') return model.node('SimplifiedLayerNormalization', [x, weight], { epsilon })[0]!
    return model.node('LayerNormalization', [x, weight, await this.vector(model, `${name}.bias`)], { epsilon })[0]!
  }

  /** Products of one input with several matrices, and their biases. */
  private async products(model: ModelWriter, x: string, names: readonly string[], form: Form): Promise<string[]> {
    const out: string[] = []
    const quantized = form === 'rows' ? quantize(model, x) : []
    for (const name of names) {
      const [columns, rows] = this.facts.tensors.get(`${name}.weight`)!.dims as [number, number]
      const weight = await this.matrix(`${name}.weight`)
      const bias = this.weights.has(`${name}.bias`) ? await this.vector(model, `${name}.bias`) : ''
      out.push(product(model, x, { numbers: weight, columns, rows }, bias, form, quantized))
    }
    return out
  }
}

/** A matrix of `rows` times `columns` numbers, row by row. */
export interface Matrix {
  readonly numbers: Float32Array
  readonly columns: number
  readonly rows: number
}

/** `x` in 8 bits, its step and its zero, for products in the form `rows`. */
export const quantize = (model: ModelWriter, x: string): string[] =>
  model.node('DynamicQuantizeLinear', [x], {}, { outputs: 3 })

/** The product of each row of `x` with a matrix, and a bias; `bias` empty: none. `quantized`: `quantize` of `x` for `rows`. */
export function product(
  model: ModelWriter,
  x: string,
  { numbers, columns, rows }: Matrix,
  bias: string,
  form: Form,
  quantized: readonly string[],
): string {
  if (form === 'f32') {
    const matrix = model.constant({ type: OnnxType.F32, dims: [rows, columns], data: numbers })
    return model.node('Gemm', [x, matrix, bias], { transB: 1 })[0]!
  }
  if (form === 'blocks') {
    const { bytes, scales } = inBlocks(numbers, columns)
    const matrix = model.constant({ type: OnnxType.U8, dims: [rows, Math.ceil(columns / BLOCK), BLOCK], data: bytes })
    const scale = model.constant({ type: OnnxType.F32, dims: [scales.length], data: scales })
    const sizes = { K: columns, N: rows, bits: 8, block_size: BLOCK, accuracy_level: 4 }
    return model.node('MatMulNBits', [x, matrix, scale, '', '', bias], sizes, { domain: MICROSOFT })[0]!
  }
  const { bytes, scales } = inRows(numbers, columns)
  // turned by the library when the model is opened
  const turned = model.constant({ type: OnnxType.I8, dims: [rows, columns], data: bytes })
  const matrix = model.node('Transpose', [turned])[0]!
  const scale = model.constant({ type: OnnxType.F32, dims: [rows], data: scales })
  const [values, step, zero] = quantized as [string, string, string]
  const inputs = [values, matrix, step, scale, zero, '', bias]
  return model.node('MatMulIntegerToFloat', inputs, {}, { domain: MICROSOFT })[0]!
}

const unsqueeze = (model: ModelWriter, rows: string): string =>
  model.node('Unsqueeze', [rows, model.constant({ type: OnnxType.I64, dims: [1], data: new BigInt64Array(1) })])[0]!

/** Has a model tell the range and the sum of squares of a value. */
function watch(model: ModelWriter, value: string, name: string): void {
  for (const [op, told] of [
    ['ReduceMin', 'Least'],
    ['ReduceMax', 'Most'],
    ['ReduceSumSquare', 'Power'],
  ] as const) {
    model.node(op, [value], { keepdims: 0 }, { outputs: [`${name}${told}`] })
    model.output(`${name}${told}`, OnnxType.F32, [])
  }
}

function finish(
  model: ModelWriter,
  outputs: Readonly<Record<string, string>>,
  dims: readonly (number | string)[],
  type: OnnxType = OnnxType.F32,
) {
  for (const [name, value] of Object.entries(outputs)) {
    model.node('Identity', [value], {}, { outputs: [name] })
    model.output(name, type, dims)
  }
  return model.finish()
}

/** A matrix in 8 bits without sign (128 is 0), blocks of each row padded to whole ones, and the scale of each block. */
function inBlocks(matrix: Float32Array, columns: number): { bytes: Uint8Array; scales: Float32Array } {
  const blocks = Math.ceil(columns / BLOCK)
  const rows = matrix.length / columns
  const bytes = new Uint8Array(rows * blocks * BLOCK).fill(128)
  const scales = new Float32Array(rows * blocks)
  for (let row = 0; row < rows; row++)
    for (let block = 0; block < blocks; block++) {
      const from = row * columns + block * BLOCK
      const to = Math.min(from + BLOCK, (row + 1) * columns)
      let largest = 0
      for (let i = from; i < to; i++) largest = Math.max(largest, Math.abs(matrix[i]!))
      const scale = largest / 127
      scales[row * blocks + block] = scale
      if (scale === 0) continue
      const shift = (row * blocks + block) * BLOCK - from
      const inverse = 1 / scale
      // adding 0.5 and cutting off rounds to the nearest
      for (let i = from; i < to; i++) bytes[i + shift] = matrix[i]! * inverse + 128.5
    }
  return { bytes, scales }
}

/** A matrix in 8 bits with sign, and the scale of each row. */
function inRows(matrix: Float32Array, columns: number): { bytes: Int8Array; scales: Float32Array } {
  const rows = matrix.length / columns
  const bytes = new Int8Array(matrix.length)
  const scales = new Float32Array(rows)
  for (let row = 0; row < rows; row++) {
    const [from, to] = [row * columns, (row + 1) * columns]
    let largest = 0
    for (let i = from; i < to; i++) largest = Math.max(largest, Math.abs(matrix[i]!))
    scales[row] = largest / 127
    if (largest === 0) continue
    const inverse = 127 / largest
    // adding and cutting off rounds to the nearest
    for (let i = from; i < to; i++) bytes[i] = ((matrix[i]! * inverse + 128.5) | 0) - 128
  }
  return { bytes, scales }
}
