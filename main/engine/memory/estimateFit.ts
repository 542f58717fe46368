import type { Fit, Placement, VisionSetting } from '#contract'
import type { TextModelFacts } from '../gguf/checkTextModel.ts'
import type { RecurrentBlocks } from '../gguf/recurrentBlocks.ts'
import { visionOf } from '../../lib/families/families.ts'
import type { ContextOptions, DeviceInfo, MachineFacts, MemoryPlan, ModelShape, TowerSpeed } from '../types.ts'
import { bestGpu, isRewritten } from './memoryModel.ts'
import {
  AUTO_CONTEXT,
  bestPlan,
  fitContext,
  fits,
  gigabytes,
  planExactly,
  resolveOptions,
  usualPicture,
} from './plan.ts'
import type { PlanInput, PlannedProjector, PlannedText } from './plan.ts'

/** A model as estimates see it: both files' facts, read from their headers or made from a shape. */
export interface SizedModel {
  readonly text: PlannedText & { readonly trainedContext: number; readonly isF32: boolean }
  readonly projector: PlannedProjector | null
}

/** The largest context that is worth telling, in tokens; those tried are its halves: 16384, 8192, 4096 and 2048. */
const LARGEST_CONTEXT = 32_768

/** Everything left to the plan. */
export const anyPlacement: Placement = { contextTokens: null, gpuLayers: null, kvType: null }

/** A placement as the engine's requests say it. */
export function contextOptions({ gpuLayers, kvType }: Placement): ContextOptions {
  return { ...(gpuLayers === null ? {} : { gpuLayers }), ...(kvType === null ? {} : { kvType }) }
}

/**
 * How a model would run here, by the plan that the engine would make for it: `placement` is obeyed as far as it fits.
 * With the context left open, `contextTokens` is the largest for which nothing has to leave its place.
 */
export function estimateFit(model: SizedModel, machine: MachineFacts, placement = anyPlacement): Fit {
  const input = planInput(model, machine, placement)
  let plan = bestPlan(input)
  if (fits(plan, input) && placement.contextTokens === null)
    plan = fitContext(plan, {
      ...input,
      contextTokens: Math.min(LARGEST_CONTEXT, model.text.trainedContext),
      neededTokens: plan.contextTokens,
    })
  return fitOf(plan, input, model, machine)
}

/** What exactly this placement costs, whether it fits or not. */
export function estimatePlacement(
  model: SizedModel,
  machine: MachineFacts,
  placement: Placement,
): { plan: MemoryPlan; fit: Fit } {
  const input = planInput(model, machine, placement)
  const plan = planExactly(input, placement.gpuLayers)
  return { plan, fit: fitOf(plan, input, model, machine) }
}

function planInput(
  { text, projector }: SizedModel,
  { devices, systemFreeBytes, vision }: MachineFacts,
  placement: Placement,
): PlanInput {
  const { kvType, flashAttention } = resolveOptions({ facts: text }, contextOptions(placement))
  const gpu = bestGpu(devices)
  return {
    text,
    projector,
    contextTokens: Math.min(placement.contextTokens ?? AUTO_CONTEXT, text.trainedContext),
    kvType,
    flashAttention: flashAttention !== 'off',
    ...(placement.gpuLayers === null ? {} : { mostGpuLayers: placement.gpuLayers }),
    vision,
    picturePixels: usualPicture(projector),
    devices: devices.filter((device) => device.kind === 'cpu' || device === gpu),
    systemFreeBytes,
  }
}

function fitOf(plan: MemoryPlan, input: PlanInput, model: SizedModel, machine: MachineFacts): Fit {
  const gpu = bestGpu(input.devices)
  const doesFit = fits(plan, input)
  const level = doesFit ? levelOf(plan, model) : 'no'
  const { contextTokens, gpuLayers, layers } = plan
  const tokensPerSecond = doesFit ? answerSpeed(plan, model, gpu, machine) : null
  const facts = {
    level,
    contextTokens,
    gpuLayers,
    layers,
    neededBytes: Math.ceil(plan.total),
    freeBytes: Math.floor(gpu?.isShared ? input.systemFreeBytes : plan.parts.reduce((sum, part) => sum + part.free, 0)),
    tokensPerSecond,
    pictureSeconds: doesFit && model.projector ? pictureSeconds(plan, model, model.projector, gpu, machine) : null,
    speed: tokensPerSecond === null ? null : speedClass(tokensPerSecond),
  }
  return { ...facts, sentence: sentence(facts, plan) }
}

function levelOf({ gpuLayers, layers, visionDevice }: MemoryPlan, { projector }: SizedModel): Fit['level'] {
  if (gpuLayers === layers && (visionDevice !== null || projector === null)) return 'gpu'
  return gpuLayers > 0 || visionDevice !== null ? 'partial' : 'cpu'
}

function sentence(
  { level, contextTokens, gpuLayers, layers, neededBytes, freeBytes }: Omit<Fit, 'sentence'>,
  plan: MemoryPlan,
): string {
  const context = `${contextTokens.toLocaleString('en')} tokens of context`
  switch (level) {
    case 'gpu':
      return `Fits on the graphics card with ${context}.`
    case 'partial':
      if (gpuLayers === 0) return `Runs on the processor with ${context}; pictures are encoded on the graphics card.`
      if (gpuLayers === layers)
        return `Fits on the graphics card with ${context}; pictures are encoded on the processor.`
      return `${gpuLayers} of ${layers} layers fit on the graphics card with ${context}; the others compute on the processor.`
    case 'cpu':
      return `Runs on the processor with ${context}.`
    case 'no': {
      const full = plan.parts.find((part) => part.total > part.free)
      if (full && plan.parts.length > 1)
        return `Needs ${gigabytes(full.total)} of memory on ${full.device}; ${gigabytes(full.free)} are free.`
      return `Needs ${gigabytes(neededBytes)} of memory; ${gigabytes(freeBytes)} are free.`
    }
  }
}

const F32_BITS = 32
/** llama.cpp keeps the output matrix in Q6_K when the others have fewer bits. */
const LEAST_OUTPUT_BITS = 6.5625

/**
 * A model whose files are not there yet. Sizes of both files in bytes, `trainedContext` in tokens. The file's bytes are
 * shared out by the shape's parameters, the output matrix at six bits or more.
 */
export function sizedModel(
  shape: ModelShape,
  file: { name: string; textBytes: number; projectorBytes: number | null; trainedContext: number },
): SizedModel {
  const { text, projector } = shape
  const { embeddings, block } = parameters(text)
  const all = embeddings * (text.tiedEmbeddings ? 1 : 2) + block * text.blocks
  const bits = (file.textBytes * 8) / all
  const output = (embeddings * Math.max(bits, LEAST_OUTPUT_BITS)) / 8
  const rest = Math.max(0, file.textBytes - output) / (all - embeddings)
  return {
    text: {
      ...text,
      deepstackLayers: projector ? rowsOf(projector) - 1 : 0,
      name: file.name,
      trainedContext: file.trainedContext,
      isF32: bits >= F32_BITS,
      bytes: file.textBytes,
      weights: {
        embeddings: text.tiedEmbeddings ? output : embeddings * rest,
        blocks: new Array<number>(text.blocks).fill(block * rest),
        output: text.tiedEmbeddings ? 0 : output,
      },
    },
    projector: projector && file.projectorBytes !== null ? sizedProjector(projector, file.projectorBytes) : null,
  }
}

type Tower = NonNullable<ModelShape['projector']>

/** Fewer bits per weight than this are those of a quantized file. */
const HALF_BITS = 15

function sizedProjector(projector: Tower, bytes: number): PlannedProjector {
  const numbers = towerWeights(projector)
  const isPlain = (bytes * 8) / numbers >= HALF_BITS
  return { ...projector, bytes, matrices: isPlain ? { numbers, bytes } : { numbers: 0, bytes: 0 } }
}

/** Vectors that a projector gives for one token: its own, and one for each block whose output goes into the language model. */
function rowsOf({ outputLength, rowLength = outputLength }: Tower): number {
  return rowLength / outputLength
}

/** Bits per weight of Q4_K_M, as it comes out for models of this kind. */
const USUAL_BITS = 4.9

/** Sizes of the two files that are usual for a shape: the language model in Q4_K_M, the projector in half precision. In bytes. */
export function usualFiles({ text, projector }: ModelShape): { textBytes: number; projectorBytes: number } {
  const { embeddings, block } = parameters(text)
  const output = (embeddings * Math.max(USUAL_BITS, LEAST_OUTPUT_BITS)) / 8
  const rest = block * text.blocks + (text.tiedEmbeddings ? 0 : embeddings)
  const projectorBytes = projector ? 2 * towerWeights(projector) : 0
  return { textBytes: Math.round(output + (rest * USUAL_BITS) / 8), projectorBytes }
}

/** Weights of a vision tower and its mergers; norms, biases and what cuts a picture into patches are too few to count. */
const towerWeights = (tower: Tower): number => tower.blocks * towerBlock(tower) + mergers(tower)

/** Weights of one block of a vision tower; norms and biases are too few to count. */
function towerBlock({ family, embeddingLength: width, ffnLength }: Tower): number {
  return 4 * width ** 2 + (visionOf(family).hasGate ? 3 : 2) * width * ffnLength
}

/** Weights of what four patches become one token by, once for each vector that a projector gives. */
function mergers(projector: Tower): number {
  const merged = 4 * projector.embeddingLength
  return rowsOf(projector) * merged * (merged + projector.outputLength)
}

type Sizes = Pick<
  TextModelFacts,
  'embeddingLength' | 'feedForwardLength' | 'heads' | 'kvHeads' | 'headDim' | 'vocabSize'
> &
  Partial<Pick<TextModelFacts, 'experts' | 'recurrent'>>

/**
 * Numbers in the token embeddings and in one block; its norms and biases are too few to count. `read`: how many of a block's
 * a token goes through, which are not all of a mixture.
 */
function parameters({
  embeddingLength: width,
  feedForwardLength,
  heads,
  kvHeads,
  headDim,
  vocabSize,
  experts,
  recurrent,
  blocks,
}: Sizes & { readonly blocks: number }): {
  embeddings: number
  block: number
  read: number
} {
  const attention = recurrent
    ? mixedAttention({ width, queries: heads * headDim, keys: kvHeads * headDim, blocks }, recurrent)
    : 2 * width * (heads + kvHeads) * headDim
  const read = attention + 3 * width * feedForwardLength
  const all = experts && experts.count * experts.feedForwardLength + (experts.sharedLength ?? 0)
  const block = all ? attention + 3 * width * all : read
  return { embeddings: vocabSize * width, block, read }
}

/** Numbers of what a hybrid model's blocks have before their feed-forward part, as a mean: gated attention or a state's matrices. */
function mixedAttention(
  { width, queries, keys, blocks }: { width: number; queries: number; keys: number; blocks: number },
  { isRecurrent, headLength, keyHeads, valueHeads }: RecurrentBlocks,
): number {
  const inner = headLength * valueHeads
  const state = width * (3 * inner + 2 * headLength * keyHeads + 2 * valueHeads)
  const share = isRecurrent.filter(Boolean).length / blocks
  return share * state + (1 - share) * width * (3 * queries + 2 * keys)
}

/** What an answer usually has in its KV cache, in tokens. */
const USUAL_TOKENS = 1024
/** When the processor's speed could not be measured: slow memory, in bytes per second. */
const SLOW_MEMORY = 10e9
/** A dedicated card reads what it can hold about 15 times a second in practice; older and newer ones alike, most do more. */
const READS_PER_SECOND = 15
const LEAST_CARD = 60e9
const MOST_CARD = 1000e9
/** Apple silicon and integrated graphics read at least so fast. */
const SHARED_CARD = 45e9
/** Launching a layer's work on a card, in seconds. */
const LAYER_SECONDS = 30e-6
/** Attention, norms and sampling beside the products on the processor. */
const CPU_SHARE = 0.85

/** Tokens per second from which an answer feels so. */
const CLASSES = [
  [30, 'fast'],
  [10, 'comfortable'],
  [3, 'slow'],
  [0, 'very slow'],
] as const

/**
 * Tokens per second of an answer, estimated: every token reads its KV cache and all weights that it goes through once from
 * where they lie. The processor's speed is measured, that of a GPU assumed by its kind and size.
 */
function answerSpeed(
  plan: MemoryPlan,
  { text }: SizedModel,
  gpu: DeviceInfo | null,
  { cpuBytesPerSecond }: Pick<MachineFacts, 'cpuBytesPerSecond'>,
): number {
  const [cpu, card] = plan.parts
  const cpuSpeed = (cpuBytesPerSecond || SLOW_MEMORY) * CPU_SHARE
  const kv = Math.min(1, USUAL_TOKENS / plan.contextTokens)
  // one row of the embeddings is read, unless they serve for the output here
  const skipped = plan.gpuLayers > 0 || text.weights.output > 0 ? text.weights.embeddings : 0
  const { block, read } = parameters(text)
  const first = text.blocks - Math.max(0, plan.gpuLayers - 1)
  const passedBy = (blocks: readonly number[]) => blocks.reduce((sum, bytes) => sum + bytes * (1 - read / block), 0)
  const cpuBytes = cpu ? cpu.weights - skipped - passedBy(text.weights.blocks.slice(0, first)) + cpu.kv * kv : 0
  const cardBytes = card ? card.weights - passedBy(text.weights.blocks.slice(first)) + card.kv * kv : 0
  const onCpu = cpuBytes / cpuSpeed
  const onGpu = gpu ? cardBytes / gpuSpeed(gpu, cpuBytesPerSecond) + plan.gpuLayers * LAYER_SECONDS : 0
  return 1 / (onCpu + onGpu)
}

/** The picture whose time is estimated, in tokens. */
const PICTURE_TOKENS = 1024
/** Additions and multiplications of a core of a processor in a second, in products of many vectors at once. */
const CORE_FLOPS = 50e9
/**
 * How many times as many of them of a rewritten tower, by what the settings take of each other: 19.2 s, 12.0 s and 8.8 s for
 * 672 x 672 pixels in Qwen2-VL's tower on two cores of a Zen 4, as its first four layers were measured in ONNX Runtime.
 */
const VISION_TIMES: Record<VisionSetting, number> = { exact: 12 / 19.2, balanced: 1, fastest: 12 / 8.8 }
/** What norms, activations and copies add to the products of a tower. */
const TOWER_REST = 1.25
/** What a card computes for each byte that it reads in the same time: dedicated ones, Apple silicon, integrated graphics. */
const CARD_FLOPS_PER_BYTE = { dedicated: 80, shared: 40, integrated: 12 } as const
/** A window of the tower's attention, in patches. */
const WINDOW_PATCHES = 64
/** Of the blocks of a tower with windows so many look at the whole picture. */
const WHOLE_SHARE = 1 / 8

/**
 * Time to encode a picture of 1,024 tokens and to put it into the context, in seconds: the products of both, over what the
 * device where they are computed does in a second. That of a processor is measured, or assumed by its cores where it was
 * not; that of cards is assumed by kind and size.
 */
function pictureSeconds(
  { gpuLayers, layers, visionDevice }: MemoryPlan,
  { text }: SizedModel,
  projector: PlannedProjector,
  gpu: DeviceInfo | null,
  machine: Pick<MachineFacts, 'cores' | 'cpuBytesPerSecond' | 'cpuFlops' | 'towers' | 'vision'>,
): number {
  const { cores, cpuBytesPerSecond } = machine
  const cpuFlops = machine.cpuFlops || cores * CORE_FLOPS
  const cardFlops = gpu ? gpuSpeed(gpu, cpuBytesPerSecond) * CARD_FLOPS_PER_BYTE[cardKind(gpu)] : cpuFlops
  const prefill = 2 * PICTURE_TOKENS * text.blocks * parameters(text).read
  const share = gpuLayers / layers
  const { products, attention } = towerFlops(projector)
  const encoding = visionDevice === null ? processorSeconds(projector, machine) : (products + attention) / cardFlops
  return encoding + (prefill * share) / cardFlops + (prefill * (1 - share)) / cpuFlops
}

/** Time that the processor takes for the picture in the vision tower. */
function processorSeconds(
  projector: PlannedProjector,
  { cores, towers, vision = 'balanced' }: Pick<MachineFacts, 'cores' | 'towers' | 'vision'>,
): number {
  const { products, attention } = towerFlops(projector)
  if (!isRewritten(projector)) return (products + attention) / (cores * CORE_FLOPS)
  if (!towers) return (products + attention) / (cores * CORE_FLOPS * VISION_TIMES[vision])
  const speed = towers[vision]
  return (TOWER_REST * (products / speed.products + attention / speed.attention)) / cores
}

function cardKind({ kind, isShared }: DeviceInfo): keyof typeof CARD_FLOPS_PER_BYTE {
  return kind === 'integrated' ? 'integrated' : isShared ? 'shared' : 'dedicated'
}

/** Additions and multiplications of the vision tower for the picture: products with its matrices, and of patches with each other. */
function towerFlops(projector: PlannedProjector): TowerSpeed {
  const { family, blocks, embeddingLength: width } = projector
  const patches = 4 * PICTURE_TOKENS
  const isWhole = visionOf(family).windowPixels === null
  const seen = isWhole ? patches : WHOLE_SHARE * patches + (1 - WHOLE_SHARE) * WINDOW_PATCHES
  return {
    products: 2 * patches * blocks * towerBlock(projector) + 2 * PICTURE_TOKENS * mergers(projector),
    attention: 4 * patches * seen * width * blocks,
  }
}

/** The class of a speed in tokens per second. */
function speedClass(tokensPerSecond: number): NonNullable<Fit['speed']> {
  return CLASSES.find(([least]) => tokensPerSecond >= least)?.[1] ?? 'very slow'
}

function gpuSpeed({ kind, isShared, totalBytes }: DeviceInfo, cpuBytesPerSecond: number): number {
  if (kind === 'integrated' || isShared) return Math.max(SHARED_CARD, cpuBytesPerSecond)
  return Math.min(MOST_CARD, Math.max(LEAST_CARD, totalBytes * READS_PER_SECOND))
}
