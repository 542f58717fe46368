import { open } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { visionOf } from '../../../lib/families/families.ts'
import { tokenPixels } from '../../../lib/families/family.ts'
import type { VisionFacts } from '../../../lib/families/family.ts'
import type { ProjectorFacts } from '../../gguf/checkProjector.ts'
import { rewrittenPictureBytes } from '../../memory/memoryModel.ts'
import { codeOf } from '../families/families.ts'
import type { Runtime } from '../native/runtime.ts'
import { OnnxType } from '../onnx/model.ts'
import type { OnnxRuntime, OnnxSession, Tensor } from '../onnx/runtime.ts'
import { notNumbers, requireMemory } from './limits.ts'
import { PRODUCTS, TowerWriter, Weights, allIn, keyLayout } from './onnxTowerModels.ts'
import type { BlockForms, KeyLayout } from './onnxTowerModels.ts'
import type { Tower } from './towerInterface.ts'
import { normaliseTable, patchPositions, patchValues, patchify, tableShares } from './patches.ts'
import type { Frame, TokenOrder } from './patches.ts'

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
  private readonly layout: KeyLayout
  private readonly table: Float32Array
  private readonly embed: OnnxSession
  private readonly blocks: readonly Block[]
  private readonly mergers: readonly OnnxSession[]

  private constructor(
    facts: ProjectorFacts,
    version: string,
    forms: readonly BlockForms[],
    layout: KeyLayout,
    embed: OnnxSession,
    blocks: readonly Block[],
    mergers: readonly OnnxSession[],
  ) {
    this.facts = facts
    this.how = `ONNX Runtime ${version}, ${areExact(forms) ? 'single precision' : '8 bits'}`
    this.forms = forms
    this.layout = layout
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
      const isExact = forms !== 'measured' && areExact(forms)
      const layout = keyLayout(facts.heads, availableParallelism(), isExact)
      const writer = new TowerWriter(new Weights(ggml, file, facts), facts, layout)
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
        forms === 'measured'
          ? new Sample(new OnnxTower(facts, onnx.version, found, layout, embed, blocks, mergers))
          : null
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
      return new OnnxTower(facts, onnx.version, found, layout, embed, blocks, mergers)
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
    requireMemory(frames[0], rewrittenPictureBytes(facts, patches, areExact(this.forms) ? 'exact' : 'balanced'))
    const learned = facts.positionSide === null ? null : tableShares(rows, columns, order, facts.positionSide)
    const picture = {
      order,
      patches,
      ...rotations(rows, columns, order, width / heads),
      x: new Float32Array(patches * width),
      keys: new Keys(this.layout, patches, width),
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
    { x, keys, cos, sin, patches, order }: PictureInTower,
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
      await before.run(
        { x: floats(part(x, from, to, width), to - from, width), ...rotation(from, to) },
        { ...keys.of(from, 1, to - from), ...watch() },
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
        const [at, end] = [window + from, window + (count - 1) * group.patches + to]
        const own = floats(part(x, at, end, width), end - at, width)
        const shape = { type: OnnxType.I64, dims: [3], data: BigInt64Array.from([count, to - from, width], BigInt) }
        const inputs = { x: own, ...rotation(at, end), ...keys.of(window, count, group.patches), shape }
        await after.run(inputs, { y: own, ...watch() })
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
  readonly keys: Keys
  /** Rotary positions, [patches, half a head]. */
  readonly cos: Float32Array
  readonly sin: Float32Array
}

/** Keys and values of the block at hand, of all patches, group by group of heads. */
class Keys {
  private readonly type: KeyLayout['type']
  private readonly width: number
  private readonly parts: Readonly<Record<string, Float32Array | Uint16Array>>

  constructor({ type, groups }: KeyLayout, patches: number, width: number) {
    this.type = type
    this.width = width / groups
    const names = Array.from({ length: groups }, (_, group) => [`k${group}`, `v${group}`]).flat()
    const Numbers = type === OnnxType.F32 ? Float32Array : Uint16Array
    this.parts = Object.fromEntries(names.map((name) => [name, new Numbers(patches * this.width)]))
  }

  /** Of `windows` times `patches` patches from the one at `from`, as the models name them. */
  of(from: number, windows: number, patches: number): Record<string, Tensor> {
    const { type, width } = this
    const tensor = (all: Float32Array | Uint16Array): Tensor => ({
      type,
      dims: [windows, patches, width],
      data: all.subarray(from * width, (from + windows * patches) * width),
    })
    return Object.fromEntries(Object.entries(this.parts).map(([name, all]) => [name, tensor(all)]))
  }
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

const areExact = (forms: readonly BlockForms[]) =>
  forms.every((block) => PRODUCTS.every((name) => block[name] === 'f32'))

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
