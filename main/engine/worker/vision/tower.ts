import { AppError } from '#contract'
import { visionOf } from '../../../lib/families/families.ts'
import { tokenPixels } from '../../../lib/families/family.ts'
import type { VisionFacts } from '../../../lib/families/family.ts'
import type { ProjectorFacts } from '../../gguf/checkProjector.ts'
import { patchesOf, pictureGraphBytes } from '../../memory/memoryModel.ts'
import { codeOf } from '../families/families.ts'
import type { FamilyCode } from '../families/family.ts'
import type { Pointer } from '../native/ffi.ts'
import { GgmlType, ROPE_VISION } from '../native/ggml.ts'
import type { Gpu, Runtime } from '../native/runtime.ts'
import { notNumbers, requireMemory, tooLarge } from './limits.ts'
import { normaliseTable, patchPositions, patchValues, patchify, tableShares } from './patches.ts'
import type { Frame, TokenOrder } from './patches.ts'
import type { Tower } from './towerInterface.ts'
import type { Projector } from './projector.ts'

/** One graph's memory and its computation. */
export interface GraphRun {
  /** False when there is not enough memory. */
  allocate(graph: Pointer): Promise<boolean>
  /** Returns a `ggml_status`; 0 is success. */
  compute(graph: Pointer): Promise<number>
  end(): void
}

/** Computes graphs, one after the other. */
export interface GraphRunner {
  begin(): GraphRun
  free(): void
}

/** Runs graphs of at most `nodes` nodes on the GPU, what it cannot compute on the CPU; without a GPU on the CPU alone. */
export function openRunner(runtime: Runtime, gpu: Gpu | null, nodes: number): GraphRunner {
  return gpu ? scheduled(runtime, gpu, nodes) : onCpu(runtime)
}

/** The memory of a graph is given back when it has been computed. */
function onCpu({ ggml, cpu }: Runtime): GraphRunner {
  return {
    begin: () => {
      const allocator = ggml.gallocrNew(ggml.defaultBufferType(cpu))
      return {
        allocate: (graph) => ggml.gallocrAllocGraph(allocator, graph),
        compute: (graph) => ggml.graphCompute(cpu, graph),
        end: () => ggml.gallocrFree(allocator),
      }
    },
    free: () => {},
  }
}

/** The GPU keeps the memory of the largest graph so far for the next one. */
function scheduled({ ggml, cpu }: Runtime, gpu: Gpu, nodes: number): GraphRunner {
  // the scheduler wants the CPU last
  const backends = BigUint64Array.of(gpu.backend as bigint, cpu as bigint)
  const scheduler = ggml.schedNew(backends, null, backends.length, nodes, false, false)
  return {
    begin: () => ({
      allocate: (graph) => ggml.schedAllocGraph(scheduler, graph),
      compute: (graph) => ggml.schedCompute(scheduler, graph),
      end: () => ggml.schedReset(scheduler),
    }),
    free: () => ggml.schedFree(scheduler),
  }
}

const GRAPH_NODES = 16384
const GRAPH_BYTES = 64 << 20
const ABORTED = 1
/** Of GELU by tanh. */
const SLOPE = Math.sqrt(2 / Math.PI)

interface Built {
  readonly inputs: readonly Pointer[]
  readonly positions: Pointer
  /** Rows of the table of learned positions and their shares, four times; empty for towers without. */
  readonly table: readonly { readonly rows: Pointer; readonly shares: Pointer }[]
  readonly output: Pointer
}

/**
 * A vision tower as a ggml graph: patch embedding, blocks with 2-D rotary attention, 2 x 2 merger. What differs between
 * the families is theirs.
 */
export class VisionTower implements Tower {
  readonly projector: Projector
  private readonly runtime: Runtime
  private readonly table: Float32Array
  private readonly runner: GraphRunner
  private readonly vision: VisionFacts
  private readonly code: FamilyCode

  constructor(runtime: Runtime, projector: Projector) {
    this.runtime = runtime
    this.projector = projector
    this.runner = openRunner(runtime, projector.gpu, GRAPH_NODES)
    this.table = normaliseTable(projector.facts.mean, projector.facts.std)
    this.vision = visionOf(projector.facts.family)
    this.code = codeOf(projector.facts.family)
  }

  get facts(): ProjectorFacts {
    return this.projector.facts
  }

  get how(): string {
    return `llama.cpp, ${this.projector.kind}`
  }

  get gpu(): Gpu | null {
    return this.projector.gpu
  }

  /** As `Tower.encode`; how far it is cannot be told. */
  async encode(frames: readonly [Frame] | readonly [Frame, Frame], signal: AbortSignal): Promise<Float32Array> {
    const { ggml } = this.runtime
    const { rowLength, positionSide } = this.projector.facts
    const side = tokenPixels(this.vision)
    const rows = frames[0].height / side
    const columns = frames[0].width / side
    const order = this.code.order(rows, columns)
    const pixels = frames.map((frame) => patchify(frame, order.tokens, this.table, this.vision.patchPixels))
    const positions = patchPositions(rows, columns, order)
    const learned = positionSide === null ? null : tableShares(rows, columns, order, positionSide)
    signal.throwIfAborted()
    if (!this.projector.gpu) {
      const [{ width, height }] = frames
      const patches = patchesOf(width * height, this.projector.facts.family)
      requireMemory(frames[0], pictureGraphBytes(this.projector.facts, patches, frames.length))
    }

    const context = ggml.init({ mem_size: GRAPH_BYTES, mem_buffer: null, no_alloc: true })
    const run = this.runner.begin()
    try {
      const built = this.build(context, frames.length, rows * columns * 4, order)
      const graph = ggml.newGraph(context, GRAPH_NODES, false)
      ggml.buildForwardExpand(graph, built.output)
      if (!(await run.allocate(graph))) throw tooLarge(frames[0])
      pixels.forEach((values, i) => ggml.tensorSet(built.inputs[i]!, values, 0, values.byteLength))
      ggml.tensorSet(built.positions, positions, 0, positions.byteLength)
      built.table.forEach((corner, i) => {
        const of = <T extends Int32Array | Float32Array>(all: T) =>
          all.subarray((i * all.length) / 4, ((i + 1) * all.length) / 4)
        const [places, shares] = [of(learned!.rows), of(learned!.shares)]
        ggml.tensorSet(corner.rows, places, 0, places.byteLength)
        ggml.tensorSet(corner.shares, shares, 0, shares.byteLength)
      })
      const status = await run.compute(graph)
      signal.throwIfAborted()
      if (status === ABORTED || status !== 0)
        throw new AppError('EngineFailed', `The picture could not be encoded (status ${status}). Try again.`)
      const out = new Float32Array(rows * columns * rowLength)
      ggml.tensorGet(built.output, out, 0, out.byteLength)
      if (!Number.isFinite(out.reduce((sum, value) => sum + value, 0))) throw notNumbers()
      return unorder(out, order, rowLength)
    } finally {
      run.end()
      ggml.free(context)
    }
  }

  /** Frees the weights too. */
  [Symbol.dispose](): void {
    this.runner.free()
    this.projector[Symbol.dispose]()
  }

  /** In single precision throughout: ggml's own GELUs read a table of half precision. */
  private activate(context: Pointer, t: Pointer): Pointer {
    const { ggml } = this.runtime
    if (this.vision.activation === 'silu') return ggml.silu(context, t)
    if (this.vision.activation === 'quick-gelu')
      return ggml.scale(context, ggml.silu(context, ggml.scale(context, t, 1.702)), 1 / 1.702)
    const square = ggml.scaleBias(context, ggml.sqr(context, t), 0.044715 * SLOPE, SLOPE)
    const share = ggml.scaleBias(context, ggml.tanh(context, ggml.mul(context, t, square)), 0.5, 0.5)
    return ggml.mul(context, t, share)
  }

  private build(context: Pointer, slots: number, patches: number, order: TokenOrder): Built {
    const { ggml } = this.runtime
    const { facts } = this.projector
    const { embeddingLength: width, heads, fullBlocks, eps, deepBlocks, positionSide } = facts
    const values = patchValues(this.vision.patchPixels)
    const headLength = width / heads
    const weight = (name: string) => this.projector.weight(name)
    const linear = (x: Pointer, name: string) => {
      const product = ggml.mulMat(context, weight(`${name}.weight`), x)
      const bias = weight(`${name}.bias`)
      return bias ? ggml.add(context, product, bias) : product
    }
    const { norm, hasGate } = this.vision
    const normalise = (t: Pointer, name: string) => {
      const normed = norm === 'rms' ? ggml.rmsNorm(context, t, eps) : ggml.norm(context, t, eps)
      const scaled = ggml.mul(context, normed, weight(`${name}.weight`))
      return norm === 'rms' ? scaled : ggml.add(context, scaled, weight(`${name}.bias`))
    }
    const feedForward = (t: Pointer, block: string) => {
      const up = linear(t, `${block}.ffn_up`)
      const inner = hasGate
        ? ggml.mul(context, this.activate(context, linear(t, `${block}.ffn_gate`)), up)
        : this.activate(context, up)
      return linear(inner, `${block}.ffn_down`)
    }

    const inputs = Array.from({ length: slots }, () => ggml.newTensor2d(context, GgmlType.F32, values, patches))
    const positions = ggml.newTensor1d(context, GgmlType.I32, patches * 4)
    for (const tensor of [...inputs, positions]) ggml.setInput(tensor)
    const kernel = (name: string) => ggml.reshape2d(context, weight(name), values, width)
    let x = ggml.add(
      context,
      ggml.mulMat(context, kernel('v.patch_embd.weight'), inputs[0]!),
      ggml.mulMat(context, kernel('v.patch_embd.weight.1'), inputs.at(-1)!),
    )

    const table: { rows: Pointer; shares: Pointer }[] = []
    if (positionSide !== null) {
      x = ggml.add(context, x, weight('v.patch_embd.bias'))
      let learned: Pointer = null
      for (let corner = 0; corner < 4; corner++) {
        const rows = ggml.newTensor1d(context, GgmlType.I32, patches)
        const shares = ggml.newTensor2d(context, GgmlType.F32, 1, patches)
        for (const tensor of [rows, shares]) ggml.setInput(tensor)
        table.push({ rows, shares })
        const share = ggml.mul(context, ggml.getRows(context, weight('v.position_embd.weight'), rows), shares)
        learned = learned ? ggml.add(context, learned, share) : share
      }
      x = ggml.add(context, x, learned)
    }

    const sections = new Int32Array(4).fill(headLength / 4)
    const rope = (t: Pointer) =>
      ggml.ropeMulti(context, t, positions, null, headLength / 2, sections, ROPE_VISION, 32768, 10000, 1, 0, 1, 32, 1)
    const attend = (q: Pointer, k: Pointer, v: Pointer, length: number, count: number) => {
      const heads4d = (t: Pointer) =>
        ggml.permute(context, ggml.reshape4d(context, t, headLength, heads, length, count), 0, 2, 1, 3)
      // single precision: the CPU's flash attention sums half-precision values in half precision, and is slower with them
      const keyed = (t: Pointer) => ggml.cast(context, heads4d(t), GgmlType.F32)
      const out = ggml.flashAttnExt(context, heads4d(q), keyed(k), keyed(v), null, 1 / Math.sqrt(headLength), 0, 0)
      return ggml.reshape2d(context, out, width, length * count)
    }
    const windowed = (q: Pointer, k: Pointer, v: Pointer) => {
      let joined: Pointer = null
      let start = 0
      for (const group of order.groups) {
        const length = group.patches * group.count
        const cut = (t: Pointer) =>
          ggml.view3d(context, t, headLength, heads, length, headLength * 4, width * 4, start * width * 4)
        const out = attend(cut(q), cut(k), cut(v), group.patches, group.count)
        joined = joined ? ggml.concat(context, joined, out, 1) : out
        start += length
      }
      return joined
    }

    const perceptron = (t: Pointer, first: string, second: string) =>
      linear(ggml.geluErf(context, linear(t, first)), second)
    const deep: Pointer[] = []
    for (let i = 0; i < facts.blocks; i++) {
      const block = `v.blk.${i}`
      const h = normalise(x, `${block}.ln1`)
      const split = (name: string) => ggml.reshape3d(context, linear(h, `${block}.${name}`), headLength, heads, patches)
      const full = fullBlocks === null || fullBlocks.includes(i)
      const [q, k, v] = [rope(split('attn_q')), rope(split('attn_k')), split('attn_v')]
      const attention = full ? attend(q, k, v, patches, 1) : windowed(q, k, v)
      x = ggml.add(context, x, linear(attention, `${block}.attn_out`))
      x = ggml.add(context, x, feedForward(normalise(x, `${block}.ln2`), block))
      if (!deepBlocks.includes(i)) continue
      const name = `v.deepstack.${i}`
      const merged = normalise(ggml.reshape2d(context, x, width * 4, patches / 4), `${name}.norm`)
      deep.push(perceptron(merged, `${name}.fc1`, `${name}.fc2`))
    }
    const merged = ggml.reshape2d(context, normalise(x, 'v.post_ln'), width * 4, patches / 4)
    const output = deep.reduce((row, part) => ggml.concat(context, row, part, 0), perceptron(merged, 'mm.0', 'mm.2'))
    ggml.setOutput(output)
    return { inputs, positions, table, output }
  }
}

/** Puts the rows of `values` from the tower's order back into row-major token order. */
function unorder(values: Float32Array, order: TokenOrder, length: number): Float32Array {
  if (order.tokens.every((token, i) => token === i)) return values
  const out = new Float32Array(values.length)
  order.tokens.forEach((token, i) => out.set(values.subarray(i * length, (i + 1) * length), token * length))
  return out
}
