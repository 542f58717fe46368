import type { VisionSetting } from '#contract'
import type { ProjectorFacts } from '../../gguf/checkProjector.ts'
import { fingerprint } from '../../gguf/fingerprint.ts'
import { isRewritten, systemFreeBytes, towerBytes } from '../../memory/memoryModel.ts'
import type { MachineFacts, TowerSpeed } from '../../types.ts'
import { releaseMemory } from '../native/runtime.ts'
import type { Gpu, Runtime } from '../native/runtime.ts'
import { onnxRuntime } from '../onnx/runtime.ts'
import { OnnxTower } from './onnxTower.ts'
import { allIn } from './onnxTowerModels.ts'
import type { Form } from './onnxTowerModels.ts'
import { Projector, WORTH } from './projector.ts'
import { VisionTower } from './tower.ts'
import type { Tower } from './towerInterface.ts'
import { Findings, speedOf } from './trial.ts'
import type { Trial } from './trial.ts'

export interface TowerOptions {
  readonly setting: VisionSetting
  /** The GPU into whose memory the weights go, and which then computes; null: the CPU. */
  readonly gpu: Gpu | null
  /** Where what was found out by trying is kept; null: nowhere. */
  readonly folder: string | null
}

/**
 * Loads a vision tower. On the CPU it is computed by the library that is faster here: a short trial says which, once for a
 * computer and versions of both. Small projectors stay with ggml as they are in the file; so do those on a GPU, and quantized
 * ones. What does not fit into memory exactly is loaded in 8 bits. `onProgress` gets the share loaded, 0..1.
 * @throws AppError ModelDamaged, OutOfMemory, EngineFailed; the signal's reason when aborted.
 */
export async function openTower(
  runtime: Runtime,
  path: string,
  facts: ProjectorFacts,
  { setting, gpu, folder }: TowerOptions,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<Tower> {
  const isExact = setting === 'exact' && (gpu !== null || towerBytes(facts, setting) < systemFreeBytes())
  const ggml = async () => {
    const precision = isExact && !gpu ? 'full' : 'fast'
    return new VisionTower(runtime, await Projector.load(runtime, path, facts, onProgress, signal, precision, gpu))
  }
  if (gpu || !isRewritten(facts)) return ggml()
  const onnx = onnxRuntime()
  if (!onnx) return ggml()
  const findings = await Findings.open(folder, runtime, onnx)
  const forms = chosenForms(await findings.trial(runtime, onnx), isExact ? 'exact' : setting)
  if (forms === null) return ggml()
  const projector = await fingerprint(path)
  const known =
    forms === 'measured' ? findings.forms(projector) : Array.from({ length: facts.blocks }, () => allIn(forms))
  const tower = await OnnxTower.load(runtime, onnx, path, facts, known ?? 'measured', onProgress, signal)
  if (!known) await findings.keepForms(projector, tower.forms)
  // what the weights were read and written through
  releaseMemory()
  return tower
}

/** The forms that ONNX Runtime computes a tower's products in; null: ggml is to compute it. */
export function chosenForms({ ggml, onnx }: Trial, setting: VisionSetting): Form | 'measured' | null {
  const { f32, blocks, rows } = onnx
  if (setting === 'exact') return f32 !== null && f32 < ggml.exact ? 'f32' : null
  const fast = Math.min(rows ?? Infinity, blocks ?? Infinity)
  if (fast > ggml.rounded * WORTH) return null
  if (blocks === null || (rows !== null && setting === 'fastest')) return 'rows'
  return rows === null || blocks <= rows ? 'blocks' : 'measured'
}

/** How fast a core computes a large tower with each choice; null: a graphics card does, or it was not tried. See `MachineFacts`. */
export async function towerSpeeds(runtime: Runtime, folder: string | null): Promise<MachineFacts['towers']> {
  const onnx = runtime.gpu ? null : onnxRuntime()
  if (!onnx) return null
  const trial = await (await Findings.open(folder, runtime, onnx)).trial(runtime, onnx)
  const speed = (setting: VisionSetting): TowerSpeed => {
    const forms = chosenForms(trial, setting)
    const { ggml, onnx } = trial
    if (forms === null) return speedOf(setting === 'exact' ? ggml.exact : ggml.rounded, ggml.attention)
    return speedOf(onnx[forms === 'measured' ? 'rows' : forms]!, onnx.attention)
  }
  return { exact: speed('exact'), balanced: speed('balanced'), fastest: speed('fastest') }
}
