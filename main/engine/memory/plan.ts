import { AppError, say } from '#contract'
import type { VisionSetting } from '#contract'
import { visionOf } from '../../lib/families/families.ts'
import { tokenPixels } from '../../lib/families/family.ts'
import type { ProjectorFacts } from '../gguf/checkProjector.ts'
import type { TextModelFacts } from '../gguf/checkTextModel.ts'
import type { ContextOptions, DeviceInfo, MemoryPlan, PlanPart } from '../types.ts'
import { mostCheckpoints, recurrentBlockBytes, recurrentStateBytes } from './checkpoints.ts'
import {
  gpuOverheadBytes,
  isRewritten,
  kvLayerBytes,
  patchesOf,
  pictureExtraBytes,
  pictureGraphBytes,
  processBytes,
  rewrittenPictureBytes,
  towerBytes,
} from './memoryModel.ts'
import type { KvType } from './memoryModel.ts'

/** What a plan needs to know of a language model, from its header or estimated before there is a file. */
export type PlannedText = Pick<
  TextModelFacts,
  | 'name'
  | 'blocks'
  | 'embeddingLength'
  | 'feedForwardLength'
  | 'heads'
  | 'kvHeads'
  | 'headDim'
  | 'vocabSize'
  | 'bytes'
  | 'weights'
> &
  Partial<Pick<TextModelFacts, 'deepstackLayers' | 'experts' | 'recurrent'>>
/** The same of a projector. */
export type PlannedProjector = Pick<
  ProjectorFacts,
  'family' | 'blocks' | 'embeddingLength' | 'ffnLength' | 'outputLength' | 'bytes' | 'matrices'
> &
  Partial<Pick<ProjectorFacts, 'rowLength'>>

/** What a plan is made from. Lengths in tokens, memory in bytes. */
export interface PlanInput {
  readonly text: PlannedText
  readonly projector: PlannedProjector | null
  readonly contextTokens: number
  /** The context is never made smaller than this: what the prompt needs. */
  readonly neededTokens?: number
  readonly kvType: KvType
  readonly flashAttention: boolean
  /** Layers on the GPU at most; unset: as many as fit. */
  readonly mostGpuLayers?: number
  /** How the processor looks at pictures, where it does; unset: balanced. */
  readonly vision?: VisionSetting | undefined
  /** Pixels of the largest picture that may come. */
  readonly picturePixels: number
  /** Of the GPUs the first is used. */
  readonly devices: readonly DeviceInfo[]
  readonly systemFreeBytes: number
}

/** The context of requests that leave it open, unless their prompt needs more, in tokens. */
export const AUTO_CONTEXT = 8192
/** A context is not made smaller than this to save memory, in tokens. */
const LEAST_CONTEXT = 2048
/** A larger picture is planned for only when it costs nothing else: the budget of the window, in pixels. */
export const usualPicture = (projector: Pick<ProjectorFacts, 'family'> | null): number =>
  1280 * tokenPixels(visionOf(projector?.family ?? 'qwen2vl')) ** 2
const CONTEXT_STEP = 256
/** An out-of-memory error takes this share of the layers off the GPU. */
const LAYER_STEP = 1 / 4

/** The free choices of a plan. */
interface Choice {
  readonly gpuLayers: number
  readonly visionOnGpu: boolean
  readonly contextTokens: number
  readonly picturePixels: number
}

/**
 * Where a model goes, before it is loaded: all on the GPU if it fits, else pictures first and as many layers as fit;
 * then a smaller context. @throws AppError OutOfMemory with figures when even that does not fit.
 */
export function makePlan(input: PlanInput): MemoryPlan {
  const plan = bestPlan(input)
  if (!fits(plan, input)) throw outOfMemory(plan, input)
  return plan
}

/** As `makePlan`; what comes nearest when nothing fits. */
export function bestPlan(input: PlanInput): MemoryPlan {
  const usual = Math.min(input.picturePixels, usualPicture(input.projector))
  const { gpu } = devicesOf(input)
  let tightest: MemoryPlan | null = null
  for (const contextTokens of contexts(input)) {
    for (const picturePixels of new Set([input.picturePixels, usual])) {
      const most = gpu ? Math.min(input.text.blocks + 1, input.mostGpuLayers ?? Infinity) : 0
      // with pictures of unusual size planned for, nothing may leave the GPU
      const least = picturePixels === usual ? 0 : most
      const places = !gpu || !input.projector ? [false] : picturePixels === usual ? [true, false] : [true]
      for (const visionOnGpu of places)
        for (let gpuLayers = most; gpuLayers >= least; gpuLayers--) {
          const plan = cost(input, { gpuLayers, visionOnGpu, contextTokens, picturePixels })
          if (fits(plan, input)) return plan
          tightest = plan
        }
    }
  }
  return tightest!
}

/**
 * The costs of exactly this context and, with `gpuLayers`, so many layers on the GPU; what is left open is put where it
 * fits. The plan may not fit.
 */
export function planExactly(input: PlanInput, gpuLayers: number | null): MemoryPlan {
  const { gpu } = devicesOf(input)
  const all = gpu ? input.text.blocks + 1 : 0
  const [most, least] = gpuLayers === null ? [all, 0] : [Math.min(all, gpuLayers), Math.min(all, gpuLayers)]
  const { contextTokens, picturePixels } = input
  let found: MemoryPlan | null = null
  for (const visionOnGpu of gpu && input.projector ? [true, false] : [false])
    for (let layers = most; layers >= least; layers--) {
      const plan = cost(input, { gpuLayers: layers, visionOnGpu, contextTokens: roundUp(contextTokens), picturePixels })
      if (fits(plan, input)) return plan
      found ??= plan
    }
  return found!
}

/** The next plan to try after memory ran out in spite of `plan`; null when nothing is left to give up. */
export function lowerPlan(plan: MemoryPlan, input: PlanInput): MemoryPlan | null {
  const present = {
    gpuLayers: plan.gpuLayers,
    visionOnGpu: plan.visionDevice !== null,
    contextTokens: plan.contextTokens,
    picturePixels: Math.min(plan.picturePixels, usualPicture(input.projector)),
  }
  if (plan.gpuLayers > 0)
    return cost(input, { ...present, gpuLayers: Math.max(0, plan.gpuLayers - Math.ceil(plan.layers * LAYER_STEP)) })
  if (plan.visionDevice !== null) return cost(input, { ...present, visionOnGpu: false })
  const contextTokens = Math.max(leastContext(input), roundUp(plan.contextTokens / 2))
  return contextTokens < plan.contextTokens ? cost(input, { ...present, contextTokens }) : null
}

/** The same places for the context of `input`: the largest that fits, or the least, which then does not fit. */
export function fitContext(plan: MemoryPlan, input: PlanInput): MemoryPlan {
  let found = plan
  for (const contextTokens of contexts(input)) {
    found = cost(input, {
      gpuLayers: plan.gpuLayers,
      visionOnGpu: plan.visionDevice !== null,
      contextTokens,
      picturePixels: plan.picturePixels,
    })
    if (fits(found, input)) break
  }
  return found
}

/** Whether every part fits into what is free on its device. */
export function fits(plan: MemoryPlan, input: PlanInput): boolean {
  const { gpu } = devicesOf(input)
  if (gpu?.isShared && plan.total > input.systemFreeBytes) return false
  return plan.parts.every((part) => part.total <= part.free)
}

const roundUp = (tokens: number) => Math.ceil(tokens / CONTEXT_STEP) * CONTEXT_STEP

function leastContext({ contextTokens, neededTokens = 0 }: PlanInput): number {
  return Math.min(roundUp(contextTokens), roundUp(Math.max(LEAST_CONTEXT, neededTokens)))
}

/** The wanted context, then halves of it down to the least. */
function* contexts(input: PlanInput): Generator<number> {
  const least = leastContext(input)
  for (let tokens = roundUp(input.contextTokens); ; tokens = Math.max(least, roundUp(tokens / 2))) {
    yield tokens
    if (tokens <= least) return
  }
}

function devicesOf({ devices }: PlanInput): { cpu: string; gpu: DeviceInfo | null } {
  return {
    cpu: devices.find(({ kind }) => kind === 'cpu')?.name ?? 'CPU',
    gpu: devices.find(({ kind }) => kind === 'gpu' || kind === 'integrated') ?? null,
  }
}

function cost(input: PlanInput, { gpuLayers, visionOnGpu, contextTokens, picturePixels }: Choice): MemoryPlan {
  const { text, projector, kvType, flashAttention, vision = 'balanced' } = input
  const { cpu, gpu } = devicesOf(input)
  const layers = text.blocks + 1
  const blocksThere = Math.max(0, gpuLayers - 1)
  const { embeddings, blocks, output } = text.weights
  const blockBytes = sum(blocks.slice(text.blocks - blocksThere))
  const outputThere = gpuLayers > 0
  const blockKv = kvBytesOf(text, contextTokens, kvType)
  const patches = projector ? patchesOf(picturePixels, projector.family) : 0
  const graph = !projector
    ? 0
    : !visionOnGpu && isRewritten(projector)
      ? rewrittenPictureBytes(projector, patches, vision)
      : pictureGraphBytes(projector, patches)
  const extra = projector ? pictureExtraBytes(projector, patches) : 0

  const parts: PlanPart[] = [
    part(cpu, input.systemFreeBytes, {
      weights: text.bytes - blockBytes - (outputThere ? output : 0),
      projector: visionOnGpu || !projector ? 0 : towerBytes(projector, vision),
      kv: sum(blockKv.slice(0, text.blocks - blocksThere)) + checkpointBytes(text),
      picture: extra + (visionOnGpu ? 0 : graph),
      overhead: processBytes(text, contextTokens, flashAttention, gpuLayers < layers),
    }),
  ]
  if (gpu && (gpuLayers > 0 || visionOnGpu))
    parts.push(
      part(gpu.name, gpu.freeBytes, {
        // embeddings that serve for the output too are copied
        weights: blockBytes + (outputThere ? output || embeddings : 0),
        projector: visionOnGpu ? (projector?.bytes ?? 0) : 0,
        kv: sum(blockKv.slice(text.blocks - blocksThere)),
        picture: visionOnGpu ? graph : 0,
        overhead: gpuOverheadBytes(text, contextTokens, flashAttention, gpuLayers > 0, gpuLayers < layers),
      }),
    )
  return {
    gpuLayers,
    layers,
    visionDevice: visionOnGpu ? gpu!.name : null,
    contextTokens,
    picturePixels,
    parts,
    total: sum(parts.map(({ total }) => total)),
  }
}

/** Sequences of a conversation's context, each with a recurrent state: its own and the one that copies for the disk. */
const SEQUENCES = 2

/** What each block holds of a conversation: keys and values of every token, or a state of always the same size. */
function kvBytesOf(text: PlannedText, contextTokens: number, kvType: KvType): number[] {
  const { recurrent } = text
  const attention = kvLayerBytes(text, contextTokens, kvType)
  const state = recurrent ? SEQUENCES * recurrentBlockBytes(recurrent) : 0
  return Array.from({ length: text.blocks }, (_, i) => (recurrent?.isRecurrent[i] ? state : attention))
}

/** The copies of the recurrent state that a conversation goes back to. */
const checkpointBytes = ({ recurrent }: PlannedText): number =>
  recurrent ? mostCheckpoints(recurrent) * recurrentStateBytes(recurrent) : 0

function part(device: string, free: number, bytes: Omit<PlanPart, 'device' | 'free' | 'total'>): PlanPart {
  return { device, ...bytes, total: sum(Object.values(bytes)), free }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** The context options that decide how much memory a token takes, with nothing left open. */
export interface ResolvedOptions {
  readonly kvType: Exclude<ContextOptions['kvType'], 'auto' | undefined>
  readonly flashAttention: Exclude<ContextOptions['flashAttention'], undefined>
}

/** What `auto` comes to: full-precision weights get a full-precision cache and plain attention, exact as the reference is. */
export function resolveOptions(
  model: { facts: Pick<TextModelFacts, 'isF32'> },
  options: ContextOptions,
): ResolvedOptions {
  const { kvType = 'auto', flashAttention = 'auto' } = options
  const type = kvType === 'auto' ? (model.facts.isF32 ? 'f32' : 'f16') : kvType
  // llama.cpp computes with a quantized V cache in flash attention only
  if (type === 'q8_0' || type === 'q4_0') return { kvType: type, flashAttention: 'on' }
  return { kvType: type, flashAttention: flashAttention === 'auto' && type === 'f32' ? 'off' : flashAttention }
}

/** The error for a plan that does not fit, with its figures. */
export function outOfMemory(
  plan: MemoryPlan,
  { text, systemFreeBytes }: { text: { name: string }; systemFreeBytes: number },
): AppError {
  const [{ weights, projector, kv, picture, overhead }] = plan.parts as [PlanPart]
  const needs = `${text.name} needs ${gigabytes(plan.total)} of memory with a context of ${plan.contextTokens.toLocaleString('en')} tokens`
  return new AppError(
    'OutOfMemory',
    say`${needs}; ${gigabytes(systemFreeBytes)} are free. Close other programs or choose a smaller model.`,
    {
      needed: plan.total,
      free: systemFreeBytes,
      context: plan.contextTokens,
      weights,
      projector,
      kv,
      picture,
      overhead,
    },
  )
}

/** Bytes as people read them, e.g. "2.3 GB". */
export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toLocaleString('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })} GB`
}
