import { checkProjector, readHeader } from '../../engine/gguf/index.ts'
import { createRuntime } from '../../engine/worker/native/runtime.ts'
import { Projector } from '../../engine/worker/vision/projector.ts'
import { VisionTower } from '../../engine/worker/vision/tower.ts'
import type { FromTowerPeer, ToTowerPeer } from './protocol.ts'
import { encodePlainly } from './plainTower.ts'

/** Encodes one picture with the engine's tower and with a plain graph of the same file, in turns. */
process.on(
  'message',
  (message: ToTowerPeer) =>
    void compare(message).then(answer, (error: unknown) => answer({ type: 'failed', message: String(error) })),
)

function answer(reply: FromTowerPeer): void {
  process.send?.(reply)
}

async function compare({ projectorPath, side, runs, bytes }: ToTowerPeer): Promise<FromTowerPeer> {
  const runtime = createRuntime()
  runtime.fitThreads(bytes)
  const { signal } = new AbortController()
  const facts = checkProjector(await readHeader(projectorPath))
  const load = (precision: 'fast' | 'plain' | 'full') =>
    Projector.load(runtime, projectorPath, facts, () => {}, signal, precision)
  const frame = { data: noise(side * side * 3), width: side, height: side }
  const [ours, plain]: [number[], number[]] = [[], []]

  const [plainWeights, fastWeights] = [await load('plain'), await load('fast')]
  const tower = new VisionTower(runtime, fastWeights)
  let embeddings = new Float32Array(0)
  for (let run = 0; run < runs; run++) {
    const started = performance.now()
    await encodePlainly(runtime, plainWeights, frame)
    const between = performance.now()
    embeddings = (await tower.encode([frame], signal)) as Float32Array<ArrayBuffer>
    plain.push(between - started)
    ours.push(performance.now() - between)
  }
  const kind = fastWeights.kind
  plainWeights[Symbol.dispose]()
  fastWeights[Symbol.dispose]()

  const fullWeights = await load('full')
  const exact = await new VisionTower(runtime, fullWeights).encode([frame], signal)
  fullWeights[Symbol.dispose]()
  return { type: 'compared', ours, plain, cosine: cosine(embeddings, exact), kind }
}

/** Pseudo-random bytes, the same at every run. */
function noise(length: number): Uint8Array {
  const out = new Uint8Array(length)
  let state = 7
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    out[i] = (state >>> 24) / 2 + (i % 128)
  }
  return out
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [product, squareA, squareB] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!
    squareA += a[i]! ** 2
    squareB += b[i]! ** 2
  }
  return product / Math.sqrt(squareA * squareB)
}
