import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { Fit } from './catalogue.ts'
import { ThinkingForm } from './conversations.ts'
import { ErrorInfo } from './errors.ts'
import { Placement } from './models.ts'
import { VisionSetting } from './settings.ts'

/** A device of the engine's libraries. */
export const DeviceInfo = z.object({
  /** As `PlanPart.device` names it, e.g. "CUDA0". */
  name: z.string(),
  /** As its maker names it, e.g. "NVIDIA GeForce RTX 4070". */
  description: z.string(),
  kind: z.enum(['cpu', 'gpu', 'integrated', 'accelerator']),
  /** Memory in bytes, as the driver reports it. */
  totalBytes: z.number().min(0),
  freeBytes: z.number().min(0),
  /** Whether its memory is that of the system (integrated graphics, Apple silicon). */
  isShared: z.boolean(),
})
export type DeviceInfo = z.infer<typeof DeviceInfo>

/** What a plan puts on one device, in bytes; all but `free` make up `total`. */
export const PlanPart = z.object({
  device: z.string(),
  weights: z.number().min(0),
  projector: z.number().min(0),
  kv: z.number().min(0),
  /** Scratch memory of the largest planned picture. */
  picture: z.number().min(0),
  /** Scratch memory of the language model, and what the process and the driver take for themselves. */
  overhead: z.number().min(0),
  total: z.number().min(0),
  /** What was free there when the plan was made. */
  free: z.number().min(0),
})
export type PlanPart = z.infer<typeof PlanPart>

/** Where a model goes, decided before it is loaded. The first part is the CPU's. Memory in bytes. */
export const MemoryPlan = z.object({
  /** Layers of the language model on the GPU, the output layer counted as one; of `layers`. */
  gpuLayers: z.int().min(0),
  layers: z.int().min(0),
  /** Name of the device that encodes pictures; null: the CPU. */
  visionDevice: z.string().nullable(),
  /** Size of the context in tokens. */
  contextTokens: z.int().min(0),
  /** The largest picture whose scratch memory is planned for, in pixels. */
  picturePixels: z.number().min(0),
  parts: z.array(PlanPart).readonly(),
  total: z.number().min(0),
})
export type MemoryPlan = z.infer<typeof MemoryPlan>

/** What looks at pictures. */
export const VisionHow = z.object({
  /** What computes and with which numbers, e.g. "llama.cpp, bf16". */
  how: z.string(),
  /** The choice that this follows; null: a graphics card looks, for which there is none. */
  setting: VisionSetting.nullable(),
})
export type VisionHow = z.infer<typeof VisionHow>

/**
 * `off`: no model in memory. `loading`: with progress 0..1. `ready`: answers. `restarting`: after a crash, waiting its
 * back-off. `failed`: `error` says why and what to do.
 */
export const EngineStatus = z.object({
  state: z.enum(['off', 'loading', 'ready', 'restarting', 'failed']),
  modelId: z.string().nullable(),
  modelName: z.string().nullable(),
  isDemo: z.boolean(),
  notice: z.string().nullable(),
  progress: z.number().min(0).max(1).nullable(),
  /** What the chosen model's template does about thoughts; null until the model was loaded. */
  thinking: ThinkingForm.nullable(),
  /** What computes, e.g. "CPU (zen4)", once known. */
  backend: z.string().nullable(),
  /** Context size in tokens of the loaded model. */
  contextTokens: z.int().nullable(),
  /** Why no GPU computes, reasons separated by "; ". null: one does, or nothing has been loaded yet (`backend` null). */
  noGpuReason: z.string().nullable(),
  /** What the libraries can compute on; empty before they are loaded. */
  devices: z.array(DeviceInfo).readonly(),
  /** How the chosen model lies in memory; null while it is not there. */
  plan: MemoryPlan.nullable(),
  /** How the chosen model looks at pictures; null while it is not there, and for one without a projector. */
  vision: VisionHow.nullable(),
  /** What the user should know of how the model runs: a plan that was lowered, a process that was renewed. */
  note: z.string().nullable(),
  /** Resident memory of the engine process in bytes, in steps of some 16 MiB; null before it was measured. */
  residentBytes: z.number().min(0).nullable(),
  error: ErrorInfo.nullable(),
})
export type EngineStatus = z.infer<typeof EngineStatus>

export const engine = {
  /** The present status at once, then every change. */
  watch: oc.output(eventIterator(EngineStatus)),
  /**
   * Loads the current model if it is not loaded; answers when it is ready. `modelId` makes another one the current model
   * first, `placement` is kept as what the user chose for it. A load of another model or placement that is under way ends
   * with Interrupted.
   */
  load: oc
    .input(z.object({ modelId: z.string().optional(), placement: Placement.optional() }).optional())
    .output(EngineStatus),
  /** Ends loading: `load` then fails with Interrupted, and no model is in memory. Aborting the call does the same. */
  cancelLoad: oc.output(z.void()),
  /** What exactly this placement of a model would cost, without loading it; it may not fit. */
  plan: oc
    .input(z.object({ modelId: z.string(), placement: Placement }))
    .output(z.object({ plan: MemoryPlan, fit: Fit })),
  unload: oc.output(z.void()),
}
