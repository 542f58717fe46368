import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { answerParent } from '../childProcess.ts'
import { noise } from './noise.ts'
import type { OpenTower, openTower } from './openTower.ts'
import type { FromEncodePeer, ToEncodePeer } from './protocol.ts'

/** The process of one tower, of this checkout or another one: opens it once, then encodes what it is asked. */
let tower: OpenTower | null = null

answerParent(answer)

async function answer(message: ToEncodePeer): Promise<FromEncodePeer> {
  if (message.op === 'open') {
    const { checkout, projectorPath, setting, modelBytes } = message
    tower = await openerOf(checkout)(projectorPath, setting, modelBytes)
    return { type: 'opened', kind: tower.kind }
  }
  if (!tower) throw new Error('No tower is open')
  const { side, wantsEmbeddings } = message
  const pixels = noise(side)
  const started = performance.now()
  const embeddings = await tower.encode(pixels, side)
  const ms = performance.now() - started
  return {
    type: 'encoded',
    ms,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    embeddings: wantsEmbeddings ? embeddings : null,
  }
}

/** The function of that checkout; those of before it was written are opened as ba77147 has it. */
function openerOf(checkout: string): typeof openTower {
  const importFrom = (file: string): Promise<unknown> => import(pathToFileURL(path.join(checkout, file)).href)
  const own = 'main/bench/tower/openTower.ts'
  if (!existsSync(path.join(checkout, own))) return olderTower(importFrom)
  return async (...options) => ((await importFrom(own)) as { openTower: typeof openTower }).openTower(...options)
}

/** What is used of ba77147's modules. */
interface OlderModules {
  readonly runtime: { createRuntime(): { fitThreads(bytes: number): void } }
  readonly gguf: { readHeader(path: string): Promise<unknown>; checkProjector(header: unknown): unknown }
  readonly projector: {
    readonly Projector: {
      load(
        runtime: unknown,
        path: string,
        facts: unknown,
        onProgress: () => void,
        signal: AbortSignal,
      ): Promise<{ readonly kind: string }>
    }
  }
  readonly tower: {
    readonly VisionTower: new (
      runtime: unknown,
      projector: unknown,
    ) => {
      encode(
        frames: readonly [{ data: Uint8Array; width: number; height: number }],
        signal: AbortSignal,
      ): Promise<Float32Array>
    }
  }
}

/** ba77147's tower, which has one setting: the weight type that is fastest on this CPU. */
function olderTower(importFrom: (file: string) => Promise<unknown>): typeof openTower {
  return async (projectorPath, _setting, modelBytes) => {
    const load = <Name extends keyof OlderModules>(_name: Name, file: string) =>
      importFrom(`main/services/engine/${file}`) as Promise<OlderModules[Name]>
    const { createRuntime } = await load('runtime', 'worker/native/runtime.ts')
    const { readHeader, checkProjector } = await load('gguf', 'gguf/index.ts')
    const { Projector } = await load('projector', 'worker/vision/projector.ts')
    const { VisionTower } = await load('tower', 'worker/vision/tower.ts')
    const runtime = createRuntime()
    runtime.fitThreads(modelBytes)
    const { signal } = new AbortController()
    const facts = checkProjector(await readHeader(projectorPath))
    const projector = await Projector.load(runtime, projectorPath, facts, () => {}, signal)
    const tower = new VisionTower(runtime, projector)
    return {
      kind: projector.kind,
      encode: (data, side) => tower.encode([{ data, width: side, height: side }], signal),
    }
  }
}
