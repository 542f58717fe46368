import { open } from 'node:fs/promises'
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
import { PRODUCTS, TowerWriter, Weights, allIn, headGroups } from './onnxTowerModels.ts'
import type { BlockForms } from './onnxTowerModels.ts'
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

/** One block. Its heads are computed in groups, one after the other, for each of which there are two models. */
interface Block {
  /** Keys and values of a group of heads. */
  readonly before: readonly OnnxSession[]
  /** Attention of a group of heads. */
  readonly attention: readonly OnnxSession[]
  /** What follows. */
  readonly after: OnnxSession
}

const sessionsOf = ({ before, attention, after }: Block) => [...before, ...attention, after]

/**
 * A vision tower on the CPU as ONNX models written from the projector file, some for each block, over ONNX Runtime. Pictures
 * go through in parts, and heads in groups, so that a stop and progress do not depend on their size, and memory little. What
 * is computed is what `VisionTower` computes with ggml.
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
          const groups = Array.from({ length: writer.groups }, (_, group) => group)
          const models = [
            ...groups.map((group) => () => writer.beforeAttention(i, group, of, isWatched && group === 0)),
            ...groups.map((group) => () => writer.attention(i, group, of)),
            () => writer.afterAttention(i, of, isWatched),
          ]
          const opened: Promise<OnnxSession>[] = []
          try {
            for (const write of models) {
              // one is opened while the next is written
              const model = await write()
              await opened.at(-1)
              const next = session(model)
              // heard above or below: unheard meanwhile, a stop would end the process
              next.catch(() => {})
              opened.push(next)
            }
          } catch (error) {
            await Promise.allSettled(opened)
            throw error
          }
          const sessions = await Promise.all(opened)
          const count = groups.length
          return {
            before: sessions.slice(0, count),
            attention: sessions.slice(count, 2 * count),
            after: sessions[2 * count]!,
          }
        }
        let own = forms === 'measured' ? allIn('blocks') : forms[i]!
        let block = await open(own, sample !== null)
        if (sample) {
          own = await sample.formsOf(i, block, signal)
          sessionsOf(block).forEach(drop)
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
    const group = width / headGroups(facts)
    const picture = {
      order,
      patches,
      ...rotations(rows, columns, order, width / heads),
      x: new Float32Array(patches * width),
      attended: new Float32Array(patches * width),
      k: new Float32Array(patches * group),
      v: new Float32Array(patches * group),
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

  /** Takes a picture through block `i`. `watch` gives what a run before or after attention tells beside its numbers. */
  async through(
    { x, attended, k, v, cos, sin, patches, order }: PictureInTower,
    { before, attention, after }: Block,
    i: number,
    signal: AbortSignal,
    watch: (isAfter: boolean) => Record<string, Tensor> = () => ({}),
  ): Promise<void> {
    const { embeddingLength: width, heads, fullBlocks } = this.facts
    const half = width / heads / 2
    const own = width / before.length
    const rotation = (from: number, to: number) => ({
      cos: floats(part(cos, from, to, half), to - from, half),
      sin: floats(part(sin, from, to, half), to - from, half),
    })
    const rows = (from: number, to: number) => floats(part(x, from, to, width), to - from, width)
    const isWhole = fullBlocks === null || fullBlocks.includes(i)
    const pieces = piecesOf(isWhole ? [{ patches, count: 1 }] : order.groups, width, own)
    const parts = runs(patches, MAX_ROWS)
    const outputs = before.map((_, group) => part(attended, group * patches, (group + 1) * patches, own))
    for (const [group, output] of outputs.entries()) {
      for (const [from, to] of parts) {
        signal.throwIfAborted()
        const out = (all: Float32Array) => floats(part(all, from, to, own), 1, to - from, own)
        await before[group]!.run(
          { x: rows(from, to), ...rotation(from, to) },
          { k: out(k), v: out(v), ...(group === 0 && watch(false)) },
        )
      }
      for (const { window, count, keys, queries, at } of pieces) {
        signal.throwIfAborted()
        const seen = (all: Float32Array) => floats(part(all, window, window + count * keys, own), count, keys, own)
        const end = at + count * queries
        const shape = { type: OnnxType.I64, dims: [3], data: BigInt64Array.from([count, queries, own], BigInt) }
        await attention[group]!.run(
          { x: rows(at, end), ...rotation(at, end), k: seen(k), v: seen(v), shape },
          { y: floats(part(output, at, end, own), end - at, own) },
        )
      }
    }
    for (const [from, to] of parts) {
      signal.throwIfAborted()
      const attentions = outputs.map((output, group): [string, Tensor] => [
        `attended${group}`,
        floats(part(output, from, to, own), to - from, own),
      ])
      await after.run(
        { x: rows(from, to), ...Object.fromEntries(attentions) },
        { y: rows(from, to), ...watch(true) },
      )
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
    for (const session of [this.embed, ...this.blocks.flatMap(sessionsOf), ...this.mergers]) session[Symbol.dispose]()
  }
}

/** A picture between two blocks. All in the tower's order of patches; widths as the tower's. */
interface PictureInTower {
  readonly order: TokenOrder
  readonly patches: number
  /** [patches, width]; the blocks write over it. */
  readonly x: Float32Array
  /** What attention gives, [groups of heads, patches, width of a group]. */
  readonly attended: Float32Array
  /** Keys and values of the group of heads at hand, [patches, width of a group]. */
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
    const picture = this.picture!
    const told: (() => void)[] = []
    await this.tower.through(picture, block, i, signal, (isAfter) => {
      const outputs: Record<string, Tensor> = {}
      for (const name of isAfter ? (['out', 'up', 'down'] as const) : (['qkv'] as const)) {
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

/** What attention is computed of at once: `count` windows of `keys` patches each, beginning at patch `window`. */
interface Piece {
  readonly window: number
  readonly count: number
  readonly keys: number
  /** Patches of each window that ask, the first of them at patch `at`. */
  readonly queries: number
  readonly at: number
}

/** Several whole windows at once, or a part of one with all of its keys. Lengths of a patch's vector and of its group's heads. */
function piecesOf(groups: TokenOrder['groups'], width: number, own: number): Piece[] {
  const pieces: Piece[] = []
  let start = 0
  for (const { patches: keys, count } of groups) {
    const flop = 4 * keys * own + 2 * width * own
    const most = Math.max(1, Math.min(MAX_ROWS, Math.floor(RUN_FLOP / flop)))
    const windows = Math.min(count, Math.floor(most / keys))
    if (windows > 1)
      for (const [first, last] of runs(count, windows)) {
        const window = start + first * keys
        pieces.push({ window, count: last - first, keys, queries: keys, at: window })
      }
    else
      for (let first = 0; first < count; first++) {
        const window = start + first * keys
        for (const [from, to] of runs(keys, most))
          pieces.push({ window, count: 1, keys, queries: to - from, at: window + from })
      }
    start += count * keys
  }
  return pieces
}

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
