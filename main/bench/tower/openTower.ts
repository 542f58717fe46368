import type { VisionSetting } from '#contract'
import { checkProjector } from '../../engine/gguf/checkProjector.ts'
import { readHeader } from '../../engine/gguf/readHeader.ts'
import { createRuntime } from '../../engine/worker/native/runtime.ts'
import { openTower as openEngineTower } from '../../engine/worker/vision/openTower.ts'
import { Projector } from '../../engine/worker/vision/projector.ts'
import { VisionTower } from '../../engine/worker/vision/tower.ts'

/** How exactly a tower computes. `reference`: ggml in single precision, which all others are compared with. */
export type TowerSetting = 'exact' | 'balanced' | 'fastest' | 'reference'

/** A vision tower with its weights in memory, for as long as the process lives. */
export interface OpenTower {
  /** What it multiplies with, e.g. "bf16". */
  readonly kind: string
  /** Embeddings of a picture of `side` x `side` pixels, RGB row by row: [tokens, rowLength]. */
  encode(pixels: Uint8Array, side: number): Promise<Float32Array>
}

/**
 * Opens the tower of a projector file as this checkout's engine does. `modelBytes`, of the whole model, decide the threads.
 * Checkouts are compared through this function: its name, place and signature stay.
 * @throws AppError as the engine does.
 */
export async function openTower(projectorPath: string, setting: TowerSetting, modelBytes: number): Promise<OpenTower> {
  const runtime = createRuntime()
  runtime.fitThreads(modelBytes)
  const { signal } = new AbortController()
  const facts = checkProjector(await readHeader(projectorPath))
  const open = (vision: VisionSetting) =>
    openEngineTower(runtime, projectorPath, facts, { setting: vision, gpu: null, folder: null }, () => {}, signal)
  const tower =
    setting === 'reference'
      ? new VisionTower(runtime, await Projector.load(runtime, projectorPath, facts, () => {}, signal, 'full'))
      : await open(setting)
  return {
    kind: tower.how,
    encode: (data, side) => tower.encode([{ data, width: side, height: side }], signal),
  }
}
