import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { AppError } from '#contract'
import { visionOf } from '../../../lib/families/families.ts'
import { tokenPixels } from '../../../lib/families/family.ts'
import type { VisionFacts } from '../../../lib/families/family.ts'
import type { ProjectorFacts } from '../../gguf/checkProjector.ts'
import { rewrittenPictureBytes } from '../../memory/memoryModel.ts'
import { codeOf } from '../families/families.ts'
import { GgmlType } from '../native/ggml.ts'
import type { Ggml } from '../native/ggml.ts'
import type { Runtime } from '../native/runtime.ts'
import { MICROSOFT, ModelWriter, OnnxType } from '../onnx/model.ts'
import type { OnnxRuntime, OnnxSession, Tensor } from '../onnx/runtime.ts'
import { notNumbers, requireMemory } from './limits.ts'
import type { Tower } from './towerInterface.ts'
import { normaliseTable, patchPositions, patchValues, patchify, tableShares } from './patches.ts'
import type { Frame, TokenOrder } from './patches.ts'

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

const PRODUCTS = ['qkv', 'out', 'up', 'down'] as const satisfies readonly (keyof BlockForms)[]
export const allIn = (form: Form): BlockForms => ({ qkv: form, out: form, up: form, down: form })

const BLOCK = 128
/** Multiplications and additions of one run, some 150 ms on two cores: a stop waits for no more than one. */
const RUN_FLOP = 30e9
const MAX_ROWS = 576
/**
 * Activations may have one scale when the error of that is at most so much of their power: their largest is then below some
 * twelve times their mean. In towers as published some products have inputs with far larger ones in a few channels.
 */
const MAX_NOISE = 2e-4
/** Of the picture on which activations are looked at, in pixels: one run. */
const SAMPLE_SIDE = 224
const LEVELS = 255

/** One block: what its attention is computed from, and what follows. */
interface Block {
  readonly before: OnnxSession
  readonly after: OnnxSession
}

/**
 * A vision tower on the CPU as ONNX models written from the projector file, a pair for each block, over ONNX Runtime. Pictures
 * go through in parts, so that a stop, progress and memory do not depend on their size. What is computed is what
 * `VisionTower` computes with ggml.
 */
export class OnnxTower implements Tower {
  readonly facts: ProjectorFacts
  readonly how: string
  readonly gpu = null
  /** How the products of each block are computed. */
  readonly forms: readonly BlockForms[]
  private readonly vision: VisionFacts
  private readonly table: Float32Array
  private readonly embed: OnnxSession
  private readonly blocks: readonly Block[]
  private readonly mergers: readonly OnnxSession[]

  private constructor(
    facts: ProjectorFacts,
    version: string,
    forms: readonly BlockForms[],
    embed: OnnxSession,
    blocks: readonly Block[],
    mergers: readonly OnnxSession[],
  ) {
    this.facts = facts
    const isExact = forms.every((block) => PRODUCTS.every((name) => block[name] === 'f32'))
    this.how = `ONNX Runtime ${version}, ${isExact ? 'single precision' : '8 bits'}`
    this.forms = forms
    this.vision = visionOf(facts.family)
    this.table = normaliseTable(facts.mean, facts.std)
    this.embed = embed
    this.blocks = blocks
    this.mergers = mergers
  }

  /**
   * Writes and opens the models. `forms`: of each block; `measured`: 8 bits, each product in rows where a picture's
   * activations allow it and in blocks elsewhere. `onProgress` gets the share that is done, 0..1.
   * @throws AppError ModelDamaged, EngineFailed; the signal's reason when aborted.
   */
  static async load(
    { ggml }: Runtime,
    onnx: OnnxRuntime,
    path: string,
    facts: ProjectorFacts,
    forms: readonly BlockForms[] | 'measured',
    onProgress: (share: number) => void,
    signal: AbortSignal,
  ): Promise<OnnxTower> {
    const file = await open(path)
    const made = new Set<OnnxSession>()
    try {
      const writer = new TowerWriter(new Weights(ggml, file, facts), facts)
      const session = async (model: Uint8Array) => {
        signal.throwIfAborted()
        const one = await onnx.session(model)
        made.add(one)
        return one
      }
      const drop = (one: OnnxSession) => {
        made.delete(one)
        one[Symbol.dispose]()
      }
      const isExact = forms !== 'measured' && forms.every((block) => PRODUCTS.every((name) => block[name] === 'f32'))
      const rest = isExact ? 'f32' : 'blocks'
      const embed = await session(await writer.embedding())
      const mergers = [await session(await writer.merger('v.post_ln', 'mm.0', 'mm.2', false, rest))]
      for (const i of facts.deepBlocks) {
        const name = `v.deepstack.${i}`
        mergers.push(await session(await writer.merger(`${name}.norm`, `${name}.fc1`, `${name}.fc2`, true, rest)))
      }
      const found: BlockForms[] = []
      const blocks: Block[] = []
      const sample =
        forms === 'measured' ? new Sample(new OnnxTower(facts, onnx.version, found, embed, blocks, mergers)) : null
      await sample?.begin(signal)
      for (let i = 0; i < facts.blocks; i++) {
        const open = async (of: BlockForms, isWatched: boolean): Promise<Block> => {
          // one is opened while the next is written
          const before = session(await writer.beforeAttention(i, of, isWatched))
          // heard below: unheard meanwhile, a stop would end the process
          before.catch(() => {})
          const model = await writer.afterAttention(i, of, isWatched).catch(async (error: unknown) => {
            await before.catch(() => {})
            throw error
          })
          return { before: await before, after: await session(model) }
        }
        let own = forms === 'measured' ? allIn('blocks') : forms[i]!
        let block = await open(own, sample !== null)
        if (sample) {
          own = await sample.formsOf(i, block, signal)
          drop(block.before)
          drop(block.after)
          block = await open(own, false)
        }
        writer.forget()
        found.push(own)
        blocks.push(block)
        onProgress((i + 1) / facts.blocks)
      }
      return new OnnxTower(facts, onnx.version, found, embed, blocks, mergers)
    } catch (error) {
      for (const one of made) one[Symbol.dispose]()
      throw error
    } finally {
      await file.close()
    }
  }

  /** As `Tower.encode`. */
  async encode(
    frames: readonly [Frame] | readonly [Frame, Frame],
    signal: AbortSignal,
    onProgress: (share: number) => void = () => {},
  ): Promise<Float32Array> {
    const { facts } = this
    const { outputLength, rowLength, deepBlocks } = facts
    const picture = await this.begin(frames, signal)
    const { patches, order } = picture
    const deep: Float32Array[] = []
    for (const [i, block] of this.blocks.entries()) {
      await this.through(picture, block, i, signal)
      const at = deepBlocks.indexOf(i)
      if (at >= 0) deep.push(await this.merge(this.mergers[at + 1]!, picture, signal))
      onProgress((i + 1) / facts.blocks)
    }
    const parts = [await this.merge(this.mergers[0]!, picture, signal, true), ...deep]
    const out = new Float32Array((patches / 4) * rowLength)
    order.tokens.forEach((token, i) => {
      parts.forEach((values, column) =>
        out.set(part(values, i, i + 1, outputLength), token * rowLength + column * outputLength),
      )
    })
    if (!Number.isFinite(out.reduce((sum, value) => sum + value, 0))) throw notNumbers()
    return out
  }

  /** Memory for a picture on its way through the tower, and its patches as the first block gets them. */
  async begin(frames: readonly [Frame] | readonly [Frame, Frame], signal: AbortSignal): Promise<PictureInTower> {
    const { facts, vision } = this
    const { embeddingLength: width, heads } = facts
    const side = tokenPixels(vision)
    const [rows, columns] = [frames[0].height / side, frames[0].width / side]
    const order = codeOf(facts.family).order(rows, columns)
    const patches = rows * columns * 4
    const values = patchValues(vision.patchPixels)
    requireMemory(frames[0], rewrittenPictureBytes(facts, patches))
    const learned = facts.positionSide === null ? null : tableShares(rows, columns, order, facts.positionSide)
    const vectors = () => new Float32Array(patches * width)
    const picture = {
      order,
      patches,
      ...rotations(rows, columns, order, width / heads),
      x: vectors(),
      k: vectors(),
      v: vectors(),
    }
    for (const [first, last] of runs(patches / 4, MAX_ROWS / 4)) {
      signal.throwIfAborted()
      const [from, to] = [first * 4, last * 4]
      const tokens = order.tokens.subarray(first, last)
      const pixels = frames.map((frame) => patchify(frame, tokens, this.table, vision.patchPixels))
      const places: Record<string, Tensor> = {}
      for (let corner = 0; learned && corner < 4; corner++) {
        const [start, end] = [corner * patches + from, corner * patches + to]
        places[`rows${corner}`] = { type: OnnxType.I32, dims: [to - from], data: learned.rows.subarray(start, end) }
        places[`shares${corner}`] = floats(learned.shares.subarray(start, end), to - from, 1)
      }
      await this.embed.run(
        {
          first: floats(pixels[0]!, to - from, values),
          second: floats(pixels.at(-1)!, to - from, values),
          ...places,
        },
        { x: floats(part(picture.x, from, to, width), to - from, width) },
      )
    }
    return picture
  }

  /** Takes a picture through block `i`. `watch` gives what a run tells beside its numbers. */
  async through(
    { x, k, v, cos, sin, patches, order }: PictureInTower,
    { before, after }: Block,
    i: number,
    signal: AbortSignal,
    watch: () => Record<string, Tensor> = () => ({}),
  ): Promise<void> {
    const { embeddingLength: width, heads, fullBlocks } = this.facts
    const half = width / heads / 2
    const rotation = (from: number, to: number) => ({
      cos: floats(part(cos, from, to, half), to - from, half),
      sin: floats(part(sin, from, to, half), to - from, half),
    })
    const isWhole = fullBlocks === null || fullBlocks.includes(i)
    for (const [from, to] of runs(patches, MAX_ROWS)) {
      signal.throwIfAborted()
      const out = (all: Float32Array) => floats(part(all, from, to, width), 1, to - from, width)
      await before.run(
        { x: floats(part(x, from, to, width), to - from, width), ...rotation(from, to) },
        { k: out(k), v: out(v), ...watch() },
      )
    }
    let start = 0
    for (const group of isWhole ? [{ patches, count: 1 }] : order.groups) {
      const flop = 4 * group.patches * width + 18 * width * width
      const most = Math.max(1, Math.min(MAX_ROWS, Math.floor(RUN_FLOP / flop)))
      // several whole windows at once, or a part of one with all of its keys
      const windows = Math.min(group.count, Math.floor(most / group.patches))
      const pieces: { first: number; count: number; from: number; to: number }[] = []
      if (windows > 1)
        for (const [first, last] of runs(group.count, windows))
          pieces.push({ first, count: last - first, from: 0, to: group.patches })
      else
        for (let first = 0; first < group.count; first++)
          for (const [from, to] of runs(group.patches, most)) pieces.push({ first, count: 1, from, to })
      for (const { first, count, from, to } of pieces) {
        signal.throwIfAborted()
        const window = start + first * group.patches
        const keys = (all: Float32Array) =>
          floats(part(all, window, window + count * group.patches, width), count, group.patches, width)
        const [at, end] = [window + from, window + (count - 1) * group.patches + to]
        const own = floats(part(x, at, end, width), end - at, width)
        const shape = { type: OnnxType.I64, dims: [3], data: BigInt64Array.from([count, to - from, width], BigInt) }
        await after.run({ x: own, ...rotation(at, end), k: keys(k), v: keys(v), shape }, { y: own, ...watch() })
      }
      start += group.count * group.patches
    }
  }

  private async merge(
    merger: OnnxSession,
    { x, patches }: PictureInTower,
    signal: AbortSignal,
    isLast = false,
  ): Promise<Float32Array> {
    const { embeddingLength: width, outputLength } = this.facts
    const out = new Float32Array((patches / 4) * outputLength)
    for (const [from, to] of runs(patches / 4, MAX_ROWS / 4)) {
      signal.throwIfAborted()
      await merger.run(
        { x: floats(part(x, from * 4, to * 4, width), (to - from) * 4, width) },
        { y: floats(part(out, from, to, outputLength), to - from, outputLength) },
        isLast && to === patches / 4,
      )
    }
    return out
  }

  [Symbol.dispose](): void {
    const sessions = [this.embed, ...this.blocks.flatMap(({ before, after }) => [before, after]), ...this.mergers]
    for (const session of sessions) session[Symbol.dispose]()
  }
}

/** A picture between two blocks. All in the tower's order of patches; widths as the tower's. */
interface PictureInTower {
  readonly order: TokenOrder
  readonly patches: number
  /** [patches, width]; the blocks write over it. */
  readonly x: Float32Array
  /** Keys and values of the block at hand, [patches, width]. */
  readonly k: Float32Array
  readonly v: Float32Array
  /** Rotary positions, [patches, half a head]. */
  readonly cos: Float32Array
  readonly sin: Float32Array
}

/** Looks at the activations that a made picture has in each block. */
class Sample {
  private readonly tower: OnnxTower
  private picture: PictureInTower | null = null

  constructor(tower: OnnxTower) {
    this.tower = tower
  }

  async begin(signal: AbortSignal): Promise<void> {
    const side = tokenPixels(visionOf(this.tower.facts.family))
    const length = Math.round(SAMPLE_SIDE / side) * side
    this.picture = await this.tower.begin([samplePicture(length)], signal)
  }

  /** Takes the picture through block `i`, which was written to be watched, and says in which form its products may be. */
  async formsOf(i: number, block: Block, signal: AbortSignal): Promise<BlockForms> {
    const seen = { qkv: new Range(), out: new Range(), up: new Range(), down: new Range() }
    const { embeddingLength: width, ffnLength } = this.tower.facts
    const lengths = { qkv: width, out: width, up: width, down: ffnLength }
    let isFirst = true
    // as `through` runs them: all parts before attention, then those after it
    const picture = this.picture!
    const firstRuns = runs(picture.patches, MAX_ROWS).length
    let run = 0
    const told: (() => void)[] = []
    await this.tower.through(picture, block, i, signal, () => {
      isFirst = run++ < firstRuns
      const outputs: Record<string, Tensor> = {}
      for (const name of isFirst ? (['qkv'] as const) : (['out', 'up', 'down'] as const)) {
        const [least, most, power] = [new Float32Array(1), new Float32Array(1), new Float32Array(1)]
        Object.assign(outputs, {
          [`${name}Least`]: floats(least),
          [`${name}Most`]: floats(most),
          [`${name}Power`]: floats(power),
        })
        told.push(() => seen[name].add(least[0]!, most[0]!, power[0]!))
      }
      return outputs
    })
    for (const tell of told) tell()
    const forms = PRODUCTS.map((name) => [name, seen[name].noise(picture.patches * lengths[name]) <= MAX_NOISE])
    return Object.fromEntries(
      forms.map(([name, isEven]) => [name, isEven ? 'rows' : 'blocks']),
    ) as unknown as BlockForms
  }
}

/** The range of numbers, and the sum of their squares. */
class Range {
  private least = 0
  private most = 0
  private squares = 0

  add(least: number, most: number, squares: number): void {
    this.least = Math.min(this.least, least)
    this.most = Math.max(this.most, most)
    this.squares += squares
  }

  /** The power of what rounding `count` of them to equal steps over their range adds, as a share of their own. */
  noise(count: number): number {
    const step = (this.most - this.least) / LEVELS
    return step ** 2 / 12 / (this.squares / count || 1)
  }
}

/** A square picture with what photos and pages have: soft changes, edges, fine lines, an even ground. */
function samplePicture(side: number): Frame {
  const data = new Uint8Array(side * side * 3)
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const isText = x > side / 2 && y > side / 2
      const isDisc = Math.hypot(x - side / 4, y - side / 4) < side / 6
      const ground = isText ? (((x * 7) ^ (y * 3)) % 11 < 3 && y % 12 < 8 ? 20 : 250) : 90 + (100 * x) / side
      const at = (y * side + x) * 3
      data[at] = isDisc ? 220 : ground
      data[at + 1] = isDisc ? 60 : isText ? ground : 60 + (120 * y) / side
      data[at + 2] = isText ? ground : 128 + 80 * Math.sin((x + y) / 9)
    }
  return { data, width: side, height: side }
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
class TowerWriter {
  private readonly weights: Weights
  private readonly facts: ProjectorFacts
  private readonly vision: VisionFacts
  /** Matrices of the block at hand, which may be written twice. */
  private readonly read = new Map<string, Float32Array>()

  constructor(weights: Weights, facts: ProjectorFacts) {
    this.weights = weights
    this.facts = facts
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

  /** Keys and values of block `i`, [1, rows, width], keys at their positions. */
  async beforeAttention(i: number, forms: BlockForms, isWatched: boolean): Promise<Uint8Array> {
    const { embeddingLength: width } = this.facts
    const model = new ModelWriter()
    const x = model.input('x', OnnxType.F32, ['rows', width])
    const name = `v.blk.${i}`
    const h = await this.norm(model, x, `${name}.ln1`)
    const [k, v] = await this.products(model, h, [`${name}.attn_k`, `${name}.attn_v`], forms.qkv)
    if (isWatched) watch(model, h, 'qkv')
    const out = { k: this.rotate(model, k!), v: unsqueeze(model, v!) }
    return finish(model, out, [1, 'rows', width])
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
   * What block `i` adds to `x`: attention over `k` and `v`, then the feed-forward part. `shape`: of the queries, [windows,
   * queries of each, width].
   */
  async afterAttention(i: number, forms: BlockForms, isWatched: boolean): Promise<Uint8Array> {
    const { embeddingLength: width, heads } = this.facts
    const model = new ModelWriter()
    const x = model.input('x', OnnxType.F32, ['rows', width])
    // three sides: with keys by head the library computes all scores of a head at once, which takes as much memory
    const k = model.input('k', OnnxType.F32, ['windows', 'keys', width])
    const v = model.input('v', OnnxType.F32, ['windows', 'keys', width])
    const queries = model.input('shape', OnnxType.I64, [3])
    const name = `v.blk.${i}`
    const first = await this.norm(model, x, `${name}.ln1`)
    const [product] = await this.products(model, first, [`${name}.attn_q`], forms.qkv)
    const q = model.node('Reshape', [this.rotate(model, product!), queries])[0]!
    const [attention] = model.node('MultiHeadAttention', [q, k, v], { num_heads: heads }, { domain: MICROSOFT })
    const shape = model.constant({ type: OnnxType.I64, dims: [2], data: BigInt64Array.of(-1n, BigInt(width)) })
    const rows = model.node('Reshape', [attention!, shape])[0]!
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

function finish(model: ModelWriter, outputs: Readonly<Record<string, string>>, dims: readonly (number | string)[]) {
  for (const [name, value] of Object.entries(outputs)) {
    model.node('Identity', [value], {}, { outputs: [name] })
    model.output(name, OnnxType.F32, dims)
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
