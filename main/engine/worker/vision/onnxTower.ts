import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { AppError } from '#contract'
import { visionOf } from '../../../lib/families/families.ts'
import { tokenPixels } from '../../../lib/families/family.ts'
import type { VisionFacts } from '../../../lib/families/family.ts'
import type { ProjectorFacts } from '../../gguf/checkProjector.ts'
import { codeOf } from '../families/families.ts'
import { GgmlType } from '../native/ggml.ts'
import type { Runtime } from '../native/runtime.ts'
import { MICROSOFT, ModelWriter, OnnxType } from '../onnx/model.ts'
import type { OnnxRuntime, OnnxSession, Tensor } from '../onnx/runtime.ts'
import { normaliseTable, patchPositions, patchValues, patchify, tableShares } from './patches.ts'
import type { Frame, TokenOrder } from './patches.ts'

/**
 * How products with the tower's matrices are computed. `f32`: exactly. `blocks`: both sides in 8 bits, a scale for every
 * `BLOCK` numbers of a row. `rows`: both sides in 8 bits, a scale for each row of the matrix and one for all activations.
 */
export type Form = 'f32' | 'blocks' | 'rows'

/** Forms of the products by their place in a block: those after a norm, and those whose inputs have large numbers among them. */
export interface Forms {
  readonly afterNorm: Form
  readonly others: Form
}

const BLOCK = 128
/** Multiplications and additions of one run: a stop waits for no more than one. */
const RUN_FLOP = 30e9
const MAX_ROWS = 576

/** One block: what its attention is computed from, and what follows. */
interface Block {
  readonly before: OnnxSession
  readonly after: OnnxSession
}

export class OnnxTower implements Disposable {
  readonly facts: ProjectorFacts
  private readonly vision: VisionFacts
  private readonly table: Float32Array
  private readonly embed: OnnxSession
  private readonly blocks: readonly Block[]
  private readonly mergers: readonly OnnxSession[]

  private constructor(
    facts: ProjectorFacts,
    embed: OnnxSession,
    blocks: readonly Block[],
    mergers: readonly OnnxSession[],
  ) {
    this.facts = facts
    this.vision = visionOf(facts.family)
    this.table = normaliseTable(facts.mean, facts.std)
    this.embed = embed
    this.blocks = blocks
    this.mergers = mergers
  }

  static async load(
    runtime: Runtime,
    onnx: OnnxRuntime,
    path: string,
    facts: ProjectorFacts,
    onProgress: (share: number) => void,
    signal: AbortSignal,
    forms: Forms,
  ): Promise<OnnxTower> {
    const file = await open(path)
    const made: OnnxSession[] = []
    try {
      const writer = new Writer(new Weights(runtime, file, facts), facts, forms)
      const session = async (model: Promise<Uint8Array>) => {
        signal.throwIfAborted()
        const one = await onnx.session(await model)
        made.push(one)
        return one
      }
      const embed = await session(writer.embedding())
      const blocks: Block[] = []
      for (let i = 0; i < facts.blocks; i++) {
        blocks.push({ before: await session(writer.beforeAttention(i)), after: await session(writer.afterAttention(i)) })
        onProgress((i + 1) / facts.blocks)
      }
      const mergers = [await session(writer.merger('v.post_ln', 'mm.0', 'mm.2', false))]
      for (const i of facts.deepBlocks) {
        const name = `v.deepstack.${i}`
        mergers.push(await session(writer.merger(`${name}.norm`, `${name}.fc1`, `${name}.fc2`, true)))
      }
      return new OnnxTower(facts, embed, blocks, mergers)
    } catch (error) {
      for (const one of made) one[Symbol.dispose]()
      throw error
    } finally {
      await file.close()
    }
  }

  /** As `VisionTower.encode`. */
  async encode(frames: readonly [Frame] | readonly [Frame, Frame], signal: AbortSignal): Promise<Float32Array> {
    const { facts, vision } = this
    const { embeddingLength: width, outputLength, rowLength, heads, deepBlocks } = facts
    const side = tokenPixels(vision)
    const [rows, columns] = [frames[0].height / side, frames[0].width / side]
    const order = codeOf(facts.family).order(rows, columns)
    const patches = rows * columns * 4
    const pixels = frames.map((frame) => patchify(frame, order, this.table, vision.patchPixels))
    const { cos, sin } = rotations(rows, columns, order, width / heads)
    const [x, q, k, v] = Array.from({ length: 4 }, () => new Float32Array(patches * width)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ]
    const half = width / heads / 2
    const values = patchValues(vision.patchPixels)
    const learned = facts.positionSide === null ? null : tableShares(rows, columns, order, facts.positionSide)

    for (const [from, to] of runs(patches, MAX_ROWS)) {
      signal.throwIfAborted()
      const places: Record<string, Tensor> = {}
      for (let corner = 0; learned && corner < 4; corner++) {
        const [start, end] = [corner * patches + from, corner * patches + to]
        places[`rows${corner}`] = { type: OnnxType.I32, dims: [to - from], data: learned.rows.subarray(start, end) }
        places[`shares${corner}`] = floats(learned.shares.subarray(start, end), to - from, 1)
      }
      await this.embed.run(
        {
          first: floats(part(pixels[0]!, from, to, values), to - from, values),
          second: floats(part(pixels.at(-1)!, from, to, values), to - from, values),
          ...places,
        },
        { x: floats(part(x, from, to, width), to - from, width) },
      )
    }
    const deep: Float32Array[] = []
    for (const [i, { before, after }] of this.blocks.entries()) {
      for (const [from, to] of runs(patches, MAX_ROWS)) {
        signal.throwIfAborted()
        const own = (all: Float32Array) => floats(part(all, from, to, width), to - from, width)
        const rotation = (all: Float32Array) => floats(part(all, from, to, half), to - from, half)
        const out = (all: Float32Array) => floats(part(all, from, to, width), 1, to - from, width)
        await before.run({ x: own(x), cos: rotation(cos), sin: rotation(sin) }, { q: out(q), k: out(k), v: out(v) })
      }
      const isFull = facts.fullBlocks === null || facts.fullBlocks.includes(i)
      const groups = isFull ? [{ patches, count: 1 }] : order.groups
      let start = 0
      for (const group of groups) {
        const flop = 4 * group.patches * width + 18 * width * width
        const most = Math.max(1, Math.min(MAX_ROWS, Math.floor(RUN_FLOP / flop)))
        // whole windows, or a part of one whose keys are all there
        const inner = group.count > 1 ? group.patches : most
        const windows = Math.max(1, Math.floor(most / group.patches))
        for (let window = 0; window < group.count; window += windows) {
          const count = Math.min(windows, group.count - window)
          const first = start + window * group.patches
          for (const [from, to] of runs(group.patches, inner)) {
            signal.throwIfAborted()
            const whole = (all: Float32Array) =>
              floats(part(all, first, first + count * group.patches, width), count, group.patches, width)
            const [at, end] = count > 1 ? [first, first + count * group.patches] : [first + from, first + to]
            const own = floats(part(x, at, end, width), end - at, width)
            await after.run(
              { x: own, q: floats(part(q, at, end, width), count, (end - at) / count, width), k: whole(k), v: whole(v) },
              { y: own },
            )
          }
        }
        start += group.count * group.patches
      }
      const at = deepBlocks.indexOf(i)
      if (at >= 0) deep.push(await this.merge(this.mergers[at + 1]!, x, patches, signal))
    }
    const parts = [await this.merge(this.mergers[0]!, x, patches, signal), ...deep]
    const out = new Float32Array(rows * columns * rowLength)
    order.tokens.forEach((token, i) => {
      parts.forEach((values, column) =>
        out.set(part(values, i, i + 1, outputLength), token * rowLength + column * outputLength),
      )
    })
    return out
  }

  private async merge(
    merger: OnnxSession,
    x: Float32Array,
    patches: number,
    signal: AbortSignal,
  ): Promise<Float32Array> {
    const { embeddingLength: width, outputLength } = this.facts
    const out = new Float32Array((patches / 4) * outputLength)
    for (const [from, to] of runs(patches / 4, MAX_ROWS / 4)) {
      signal.throwIfAborted()
      await merger.run(
        { x: floats(part(x, from * 4, to * 4, width), (to - from) * 4, width) },
        { y: floats(part(out, from, to, outputLength), to - from, outputLength) },
      )
    }
    return out
  }

  [Symbol.dispose](): void {
    const sessions = [this.embed, ...this.blocks.flatMap(({ before, after }) => [before, after]), ...this.mergers]
    for (const session of sessions) session[Symbol.dispose]()
  }
}

const floats = (data: Float32Array, ...dims: number[]): Tensor => ({ type: OnnxType.F32, dims, data })

/** Rows `from` to `to` of a matrix with rows of `length` numbers, in the same memory. */
const part = (all: Float32Array, from: number, to: number, length: number) => all.subarray(from * length, to * length)

/** `count` rows in equal parts of at most `most`. */
function runs(count: number, most: number): [number, number][] {
  const parts = Math.ceil(count / most)
  return Array.from({ length: parts }, (_, i) => [
    Math.floor((i * count) / parts),
    Math.floor(((i + 1) * count) / parts),
  ])
}

/** Cosines and sines of the patches' rotary positions, [patches, half a head]: first those by row, then those by column. */
function rotations(rows: number, columns: number, order: TokenOrder, headLength: number) {
  const patches = rows * columns * 4
  const places = patchPositions(rows, columns, order)
  const [half, quarter] = [headLength / 2, headLength / 4]
  const frequencies = Float32Array.from({ length: quarter }, (_, i) => 1 / Math.fround(10_000 ** ((2 * i) / half)))
  const [cos, sin] = [new Float32Array(patches * half), new Float32Array(patches * half)]
  for (let i = 0; i < patches; i++)
    for (let j = 0; j < half; j++) {
      const angle = Math.fround(places[j < quarter ? i : patches + i]! * frequencies[j % quarter]!)
      cos[i * half + j] = Math.cos(angle)
      sin[i * half + j] = Math.sin(angle)
    }
  return { cos, sin }
}

/** The tensors of a projector file as single-precision numbers. */
class Weights {
  private readonly runtime: Runtime
  private readonly file: FileHandle
  private readonly facts: ProjectorFacts

  constructor(runtime: Runtime, file: FileHandle, facts: ProjectorFacts) {
    this.runtime = runtime
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
    if (bytesRead !== bytes)
      throw new AppError('ModelDamaged', 'The projector file ended early. Download it again.')
    if (type.id === GgmlType.F32) return new Float32Array(raw.buffer)
    const out = new Float32Array(bytes / 2)
    if (type.id === GgmlType.F16) await this.runtime.ggml.f16ToF32(raw, out, out.length)
    else {
      const [halves, bits] = [new Uint16Array(raw.buffer), new Uint32Array(out.buffer)]
      for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16
    }
    return out
  }
}

/** Writes the models that a tower consists of. */
class Writer {
  private readonly weights: Weights
  private readonly facts: ProjectorFacts
  private readonly vision: VisionFacts
  private readonly forms: Forms

  constructor(weights: Weights, facts: ProjectorFacts, forms: Forms) {
    this.weights = weights
    this.facts = facts
    this.vision = visionOf(facts.family)
    this.forms = forms
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

  /** Queries, keys and values of block `i`, [1, rows, width], queries and keys rotated. */
  async beforeAttention(i: number): Promise<Uint8Array> {
    const { embeddingLength: width, heads } = this.facts
    const model = new ModelWriter()
    const x = model.input('x', OnnxType.F32, ['rows', width])
    const half = width / heads / 2
    const rotation = [
      model.constant({ type: OnnxType.I64, dims: [1], data: new BigInt64Array(1) }),
      model.input('cos', OnnxType.F32, ['rows', half]),
      model.input('sin', OnnxType.F32, ['rows', half]),
    ]
    const name = `v.blk.${i}`
    const products = await this.products(
      model,
      await this.norm(model, x, `${name}.ln1`),
      ['q', 'k', 'v'].map((letter) => `${name}.attn_${letter}`),
      this.forms.afterNorm,
    )
    const first = model.constant({ type: OnnxType.I64, dims: [1], data: new BigInt64Array(1) })
    const out: Record<string, string> = {}
    for (const [at, letter] of ['q', 'k', 'v'].entries()) {
      const rows = model.node('Unsqueeze', [products[at]!, first])[0]!
      out[letter] =
        letter === 'v'
          ? rows
          : model.node('RotaryEmbedding', [rows, ...rotation], {}, { domain: MICROSOFT })[0]!
    }
    return finish(model, out, [1, 'rows', width])
  }

  /** What block `i` adds to `x`: attention over `k` and `v`, then the feed-forward part. */
  async afterAttention(i: number): Promise<Uint8Array> {
    const { embeddingLength: width, heads } = this.facts
    const model = new ModelWriter()
    const x = model.input('x', OnnxType.F32, ['rows', width])
    const q = model.input('q', OnnxType.F32, ['windows', 'queries', width])
    const k = model.input('k', OnnxType.F32, ['windows', 'keys', width])
    const v = model.input('v', OnnxType.F32, ['windows', 'keys', width])
    const [attention] = model.node('MultiHeadAttention', [q, k, v], { num_heads: heads }, { domain: MICROSOFT })
    const shape = model.constant({ type: OnnxType.I64, dims: [2], data: BigInt64Array.of(-1n, BigInt(width)) })
    const name = `v.blk.${i}`
    const rows = model.node('Reshape', [attention!, shape])[0]!
    const [out] = await this.products(model, rows, [`${name}.attn_out`], this.forms.others)
    const middle = model.node('Add', [x, out!])[0]!
    const h = await this.norm(model, middle, `${name}.ln2`)
    const { hasGate } = this.vision
    const [up, gate] = await this.products(
      model,
      h,
      hasGate ? [`${name}.ffn_up`, `${name}.ffn_gate`] : [`${name}.ffn_up`],
      this.forms.afterNorm,
    )
    const inner = hasGate
      ? model.node('Mul', [model.node('QuickGelu', [gate!], { alpha: { float: 1 } }, { domain: MICROSOFT })[0]!, up!])[0]!
      : this.facts.family === 'qwen2vl'
        ? model.node('QuickGelu', [up!], { alpha: { float: 1.702 } }, { domain: MICROSOFT })[0]!
        : model.node('Gelu', [up!], { approximate: 'tanh' })[0]!
    const [down] = await this.products(model, inner, [`${name}.ffn_down`], this.forms.others)
    return finish(model, { y: model.node('Add', [middle, down!])[0]! }, ['rows', width])
  }

  /** Four rows become one of the language model's. `isNormedAfter`: the norm is over all four together. */
  async merger(norm: string, first: string, second: string, isNormedAfter: boolean): Promise<Uint8Array> {
    const { embeddingLength: width, outputLength } = this.facts
    const model = new ModelWriter()
    const x = model.input('x', OnnxType.F32, ['patches', width])
    const shape = model.constant({ type: OnnxType.I64, dims: [2], data: BigInt64Array.of(-1n, BigInt(width * 4)) })
    const four = (rows: string) => model.node('Reshape', [rows, shape])[0]!
    const merged = isNormedAfter ? await this.norm(model, four(x), norm) : four(await this.norm(model, x, norm))
    const [up] = await this.products(model, merged, [first], this.forms.afterNorm)
    const [down] = await this.products(model, model.node('Gelu', [up!])[0]!, [second], this.forms.others)
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
    const quantized = form === 'rows' ? model.node('DynamicQuantizeLinear', [x], {}, { outputs: 3 }) : []
    for (const name of names) {
      const [columns, rows] = this.facts.tensors.get(`${name}.weight`)!.dims as [number, number]
      const weight = await this.weights.get(`${name}.weight`)
      const bias = this.weights.has(`${name}.bias`) ? await this.vector(model, `${name}.bias`) : ''
      if (form === 'f32') {
        const matrix = model.constant({ type: OnnxType.F32, dims: [rows, columns], data: weight })
        out.push(model.node('Gemm', [x, matrix, bias], { transB: 1 })[0]!)
      } else if (form === 'blocks') {
        const { numbers, scales } = inBlocks(weight, columns)
        const blocks = Math.ceil(columns / BLOCK)
        const matrix = model.constant({ type: OnnxType.U8, dims: [rows, blocks, BLOCK], data: numbers })
        const scale = model.constant({ type: OnnxType.F32, dims: [scales.length], data: scales })
        const sizes = { K: columns, N: rows, bits: 8, block_size: BLOCK, accuracy_level: 4 }
        out.push(model.node('MatMulNBits', [x, matrix, scale, '', '', bias], sizes, { domain: MICROSOFT })[0]!)
      } else {
        const { numbers, scales } = inRows(weight, columns)
        const matrix = model.constant({ type: OnnxType.I8, dims: [columns, rows], data: numbers })
        const scale = model.constant({ type: OnnxType.F32, dims: [rows], data: scales })
        const [values, step, zero] = quantized as [string, string, string]
        const inputs = [values, matrix, step, scale, zero, '', bias]
        out.push(model.node('MatMulIntegerToFloat', inputs, {}, { domain: MICROSOFT })[0]!)
      }
    }
    return out
  }
}

function finish(model: ModelWriter, outputs: Readonly<Record<string, string>>, dims: readonly (number | string)[]) {
  for (const [name, value] of Object.entries(outputs)) {
    model.node('Identity', [value], {}, { outputs: [name] })
    model.output(name, OnnxType.F32, dims)
  }
  return model.finish()
}

/** A matrix in 8 bits without sign (128 is 0), blocks of each row padded to whole ones, and the scale of each block. */
function inBlocks(matrix: Float32Array, columns: number): { numbers: Uint8Array; scales: Float32Array } {
  const blocks = Math.ceil(columns / BLOCK)
  const rows = matrix.length / columns
  const numbers = new Uint8Array(rows * blocks * BLOCK).fill(128)
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
      for (let i = from; i < to; i++) numbers[i + shift] = matrix[i]! * inverse + 128.5
    }
  return { numbers, scales }
}

/** A matrix in 8 bits with sign, transposed to [columns, rows], and the scale of each row. */
function inRows(matrix: Float32Array, columns: number): { numbers: Int8Array; scales: Float32Array } {
  const rows = matrix.length / columns
  const numbers = new Int8Array(matrix.length)
  const scales = new Float32Array(rows)
  const inverses = new Float32Array(rows)
  for (let row = 0; row < rows; row++) {
    let largest = 0
    for (let i = row * columns; i < (row + 1) * columns; i++) largest = Math.max(largest, Math.abs(matrix[i]!))
    scales[row] = largest / 127
    inverses[row] = largest === 0 ? 0 : 127 / largest
  }
  const TILE = 64
  for (let top = 0; top < rows; top += TILE)
    for (let column = 0; column < columns; column++)
      for (let row = top; row < Math.min(rows, top + TILE); row++)
        numbers[column * rows + row] = Math.floor(matrix[row * columns + column]! * inverses[row]! + 0.5)
  return { numbers, scales }
}
