import { checkProjector } from '../../engine/gguf/checkProjector.ts'
import { readHeader } from '../../engine/gguf/readHeader.ts'
import type { Pointer } from '../../engine/worker/native/ffi.ts'
import { GgmlType, ROPE_VISION } from '../../engine/worker/native/ggml.ts'
import { createRuntime } from '../../engine/worker/native/runtime.ts'
import type { Runtime } from '../../engine/worker/native/runtime.ts'
import {
  normaliseTable,
  patchPositions,
  patchValues,
  patchify,
  plainOrder,
} from '../../engine/worker/vision/patches.ts'
import type { Frame } from '../../engine/worker/vision/patches.ts'
import { openTower } from '../../engine/worker/vision/openTower.ts'
import { Projector } from '../../engine/worker/vision/projector.ts'
import { VisionTower } from '../../engine/worker/vision/tower.ts'
import { visionOf } from '../../lib/families/families.ts'
import { tokenPixels } from '../../lib/families/family.ts'
import { answerParent } from '../childProcess.ts'
import { cosine } from '../statistics.ts'
import { noise } from './noise.ts'
import type { FromTowerPeer, ToTowerPeer } from './protocol.ts'

/** Encodes one picture with the engine's tower and with a plain graph of the same file, in turns. */
answerParent(compare)

async function compare({ projectorPath, side, runs, bytes }: ToTowerPeer): Promise<FromTowerPeer> {
  const runtime = createRuntime()
  runtime.fitThreads(bytes)
  const { signal } = new AbortController()
  const facts = checkProjector(await readHeader(projectorPath))
  const load = (precision: 'plain' | 'full') =>
    Projector.load(runtime, projectorPath, facts, () => {}, signal, precision)
  const frame = { data: noise(side), width: side, height: side }
  const [ours, plain]: [number[], number[]] = [[], []]

  const plainWeights = await load('plain')
  const options = { setting: 'balanced', gpu: null, folder: null } as const
  const tower = await openTower(runtime, projectorPath, facts, options, () => {}, signal)
  let embeddings = new Float32Array(0)
  for (let run = 0; run < runs; run++) {
    const started = performance.now()
    await encodePlainly(runtime, plainWeights, frame)
    const between = performance.now()
    embeddings = (await tower.encode([frame], signal)) as Float32Array<ArrayBuffer>
    plain.push(between - started)
    ours.push(performance.now() - between)
  }
  const kind = tower.how
  plainWeights[Symbol.dispose]()
  tower[Symbol.dispose]()

  const fullWeights = await load('full')
  const exact = await new VisionTower(runtime, fullWeights).encode([frame], signal)
  fullWeights[Symbol.dispose]()
  return { type: 'compared', ours, plain, cosine: cosine(embeddings, exact), kind }
}

/**
 * Qwen2-VL's tower as plainly as it can be written for half-precision weights: f16 products, flash attention on f16 keys
 * and values, the GELU from ggml's table. What the engine's tower is compared with.
 */
async function encodePlainly({ ggml, cpu }: Runtime, projector: Projector, frame: Frame): Promise<Float32Array> {
  const { embeddingLength: width, heads, eps, blocks, outputLength, mean, std } = projector.facts
  const vision = visionOf('qwen2vl')
  const token = tokenPixels(vision)
  const values = patchValues(vision.patchPixels)
  const [rows, columns] = [frame.height / token, frame.width / token]
  const n = rows * columns * 4
  const head = width / heads
  const order = plainOrder(rows, columns)
  const pixels = patchify(frame, order.tokens, normaliseTable(mean, std), vision.patchPixels)
  const places = patchPositions(rows, columns, order)

  const c = ggml.init({ mem_size: 64 << 20, mem_buffer: null, no_alloc: true })
  const allocator = ggml.gallocrNew(ggml.defaultBufferType(cpu))
  const w = (name: string) => projector.weight(name)
  const linear = (x: Pointer, name: string) => ggml.add(c, ggml.mulMat(c, w(`${name}.weight`), x), w(`${name}.bias`))
  const norm = (x: Pointer, name: string) =>
    ggml.add(c, ggml.mul(c, ggml.norm(c, x, eps), w(`${name}.weight`)), w(`${name}.bias`))
  const patches = ggml.newTensor2d(c, GgmlType.F32, values, n)
  const positions = ggml.newTensor1d(c, GgmlType.I32, n * 4)
  for (const input of [patches, positions]) ggml.setInput(input)
  const kernel = (name: string) => ggml.mulMat(c, ggml.reshape2d(c, w(name), values, width), patches)
  const sections = new Int32Array(4).fill(head / 4)
  const rope = (t: Pointer) =>
    ggml.ropeMulti(c, t, positions, null, head / 2, sections, ROPE_VISION, 32768, 10000, 1, 0, 1, 32, 1)
  const perHead = (t: Pointer) => ggml.permute(c, t, 0, 2, 1, 3)

  let x = ggml.add(c, kernel('v.patch_embd.weight'), kernel('v.patch_embd.weight.1'))
  for (let i = 0; i < blocks; i++) {
    const h = norm(x, `v.blk.${i}.ln1`)
    const split = (name: string) => ggml.reshape3d(c, linear(h, `v.blk.${i}.${name}`), head, heads, n)
    const [q, k, v] = [
      perHead(rope(split('attn_q'))),
      ggml.cast(c, perHead(rope(split('attn_k'))), GgmlType.F16),
      ggml.cast(c, perHead(split('attn_v')), GgmlType.F16),
    ]
    const attention = ggml.flashAttnExt(c, q, k, v, null, 1 / Math.sqrt(head), 0, 0)
    x = ggml.add(c, x, linear(ggml.reshape2d(c, attention, width, n), `v.blk.${i}.attn_out`))
    x = ggml.add(
      c,
      x,
      linear(ggml.geluQuick(c, linear(norm(x, `v.blk.${i}.ln2`), `v.blk.${i}.ffn_up`)), `v.blk.${i}.ffn_down`),
    )
  }
  const out = linear(ggml.geluErf(c, linear(ggml.reshape2d(c, norm(x, 'v.post_ln'), width * 4, n / 4), 'mm.0')), 'mm.2')
  ggml.setOutput(out)
  const graph = ggml.newGraph(c, 8192, false)
  ggml.buildForwardExpand(graph, out)
  try {
    if (!(await ggml.gallocrAllocGraph(allocator, graph)))
      throw new Error('There is not enough memory for the plain graph.')
    ggml.tensorSet(patches, pixels, 0, pixels.byteLength)
    ggml.tensorSet(positions, places, 0, places.byteLength)
    if ((await ggml.graphCompute(cpu, graph)) !== 0) throw new Error('The plain graph could not be computed.')
    const values = new Float32Array((n / 4) * outputLength)
    ggml.tensorGet(out, values, 0, values.byteLength)
    return values
  } finally {
    ggml.gallocrFree(allocator)
    ggml.free(c)
  }
}
