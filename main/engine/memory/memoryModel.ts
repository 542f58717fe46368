import os from 'node:os'
import type { ModelFamily, VisionSetting } from '#contract'
import { visionOf } from '../../lib/families/families.ts'
import type { ProjectorFacts } from '../gguf/checkProjector.ts'
import type { TextModelFacts } from '../gguf/checkTextModel.ts'
import type { RecurrentBlocks } from '../gguf/recurrentBlocks.ts'
import type { ContextOptions, DeviceInfo } from '../types.ts'

/** The device that should compute: the GPU with the most free memory, a dedicated one first; null when there is none. */
export function bestGpu(devices: readonly DeviceInfo[]): DeviceInfo | null {
  const of = (wanted: DeviceInfo['kind']) =>
    devices.filter(({ kind }) => kind === wanted).sort((a, b) => b.freeBytes - a.freeBytes)
  return of('gpu')[0] ?? of('integrated')[0] ?? null
}

/** Memory that can be had without taking it from other programs, in bytes; within the limits set for this process. */
export function systemFreeBytes(): number {
  const free = process.availableMemory()
  // macOS counts what it would hand out at once as used: caches and compressed memory
  return process.platform === 'darwin' ? Math.max(free, os.totalmem() / 2) : free
}

/** Numbers per block and bytes per block of the KV cache's types. */
const KV_BLOCKS = { f32: [1, 4], f16: [1, 2], q8_0: [32, 34], q4_0: [32, 18] } as const
export type KvType = Exclude<ContextOptions['kvType'], 'auto' | undefined>

export const MIB = 2 ** 20
const F32_BYTES = 4
const F16_BYTES = 2
/** Tokens that llama.cpp computes at once, for which its scratch memory is made. */
const UBATCH = 512
const COLOURS = 3
/** The engine process before a model is loaded, and what llama.cpp keeps of each text of the vocabulary. */
const PROCESS_BYTES = 128 * MIB
const VOCABULARY_BYTES = 384
/** A GPU's driver context and the buffers of its libraries. */
const DRIVER_BYTES = 256 * MIB

/** What the scratch memory depends on. */
type ScratchFacts = Pick<TextModelFacts, 'embeddingLength' | 'feedForwardLength' | 'heads' | 'vocabSize'> &
  Partial<Pick<TextModelFacts, 'deepstackLayers' | 'recurrent'>>

/** Bytes of the KV cache of one layer, exact: a row of keys and one of values per token. */
export function kvLayerBytes(
  { kvHeads, headDim }: Pick<TextModelFacts, 'kvHeads' | 'headDim'>,
  contextTokens: number,
  type: KvType,
): number {
  const [elements, bytes] = KV_BLOCKS[type]
  return 2 * contextTokens * ((kvHeads * headDim) / elements) * bytes
}

/**
 * Scratch memory of the language model's graph, as measured: either the logits of a whole batch, or the inner values of a
 * layer beside the attention mask, without flash attention with the scores of every head.
 */
export function computeBytes(text: ScratchFacts, contextTokens: number, flashAttention: boolean): number {
  const { embeddingLength: width, feedForwardLength, heads, vocabSize, deepstackLayers = 0, recurrent } = text
  const batch = (values: number) => UBATCH * values * F32_BYTES
  const feedForward = batch(4 * feedForwardLength + width)
  const attention = batch(6 * width + (flashAttention ? 0 : heads * contextTokens))
  const mask = UBATCH * contextTokens * (flashAttention ? F16_BYTES : F32_BYTES)
  const state = recurrent ? batch(2 * width + recurrentValues(recurrent)) : 0
  // rows that are wider than the model, and what goes into its first layers of them
  const deepstack = deepstackLayers === 0 ? 0 : batch((1 + 2 * deepstackLayers) * width)
  return deepstack + Math.max(batch(vocabSize + 3 * width), mask + Math.max(feedForward, attention, state))
}

/** Tokens that a recurrent block puts into its state at once, by products among them. */
const CHUNK = 64

/** What a recurrent block has of each token while it computes. */
function recurrentValues({ headLength, keyHeads, valueHeads }: RecurrentBlocks): number {
  const inner = headLength * valueHeads
  return 3 * (inner + 2 * headLength * keyHeads) + 2 * inner + CHUNK * valueHeads
}

/**
 * Memory of the language model's side of the process beside weights and KV cache; `layersHere`: whether layers compute on
 * the CPU.
 */
export function processBytes(
  text: ScratchFacts,
  contextTokens: number,
  flashAttention: boolean,
  layersHere: boolean,
): number {
  const scratch = layersHere
    ? computeBytes(text, contextTokens, flashAttention)
    : UBATCH * (contextTokens + text.embeddingLength) * F32_BYTES
  return PROCESS_BYTES + text.vocabSize * VOCABULARY_BYTES + scratch
}

/** The same of a GPU with some (`layers` false: none) of the layers; `partial`: weights of the others pass through it. */
export function gpuOverheadBytes(
  text: ScratchFacts & Pick<TextModelFacts, 'weights'>,
  contextTokens: number,
  flashAttention: boolean,
  layers: boolean,
  partial: boolean,
): number {
  if (!layers) return DRIVER_BYTES
  return (
    DRIVER_BYTES + computeBytes(text, contextTokens, flashAttention) + (partial ? Math.max(...text.weights.blocks) : 0)
  )
}

/** Patches of a picture of so many pixels. */
export const patchesOf = (pixels: number, family: ModelFamily): number =>
  Math.ceil(pixels / (4 * visionOf(family).patchPixels ** 2)) * 4

/** Numbers of one patch in one temporal slot. */
const patchValues = (family: ModelFamily): number => COLOURS * visionOf(family).patchPixels ** 2

/**
 * Memory of the vision graph for one picture (`slots` 1) or two frames of a video (2), in proportion to its patches: the
 * pixels stay, above them lie the widest values that are alive together, in the feed-forward part or around attention.
 */
export function pictureGraphBytes(
  {
    family,
    embeddingLength: width,
    ffnLength,
    outputLength = 0,
    rowLength = outputLength,
  }: Pick<ProjectorFacts, 'family' | 'embeddingLength' | 'ffnLength'> &
    Partial<Pick<ProjectorFacts, 'outputLength' | 'rowLength'>>,
  patches: number,
  slots = 1,
): number {
  const values = patchValues(family)
  const input = slots * values * F32_BYTES + 4 * F32_BYTES
  const { hasGate, isDeep } = visionOf(family)
  // two of the widest values: the gate's, or those that GELU by tanh is made of
  const feedForward = 2 * width + (hasGate || isDeep ? 2 : 1) * ffnLength
  // outputs of blocks stay until the end; four patches are one row
  const inner = (Math.max(feedForward, 6 * width) + (rowLength - outputLength) / 4) * F32_BYTES
  // narrow values fit where the pixels were
  const perPatch = width > values ? input + inner : Math.max(input + (3 - slots) * width * F32_BYTES, inner)
  return patches * perPatch
}

/** Smaller projectors are computed with as they are in their file. */
export const LEAST_REWRITTEN_BYTES = 64 * MIB
/** Bytes of a number of a matrix: single precision, or 8 bits with a scale for every few of them. */
const MATRIX_BYTES: Record<VisionSetting, number> = { exact: F32_BYTES, balanced: 1.1, fastest: 1.1 }
/**
 * Vectors that a patch has, as numbers of single precision: what goes through the blocks; keys and values, in half precision
 * unless exact; and those of up to a quarter of the heads as the library gets and copies them.
 */
const PATCH_VECTORS: Record<VisionSetting, number> = { exact: 3.5, balanced: 3, fastest: 3 }
/** What the products themselves take, whatever the picture's size. */
const PRODUCT_BYTES = 64 * MIB

type Tower = Pick<ProjectorFacts, 'bytes' | 'matrices'>

/** Whether the processor computes a tower with matrices that are written anew for it, as `VisionSetting` says. */
export const isRewritten = ({ bytes, matrices }: Tower): boolean =>
  bytes >= LEAST_REWRITTEN_BYTES && matrices.numbers > 0

/**
 * Bytes of a projector in the processor's memory. Matrices of a large one that are not quantized take 4 bytes a number in
 * single precision (`exact`), else 1.1; all other numbers, and all of any other projector, what they take in the file.
 */
export function towerBytes(projector: Tower, setting: VisionSetting): number {
  const { bytes, matrices } = projector
  return isRewritten(projector) ? bytes - matrices.bytes + matrices.numbers * MATRIX_BYTES[setting] : bytes
}

/** Memory of one picture in a tower that is rewritten, which is computed a block at a time: in proportion to its patches. */
export function rewrittenPictureBytes(
  { embeddingLength }: Pick<ProjectorFacts, 'embeddingLength'>,
  patches: number,
  setting: VisionSetting,
): number {
  return patches * PATCH_VECTORS[setting] * embeddingLength * F32_BYTES + PRODUCT_BYTES
}

/** What a picture takes beside its graph: decoded pixels, patches, products' rows in half precision, embeddings. */
export function pictureExtraBytes(
  {
    family,
    ffnLength,
    outputLength,
    rowLength = outputLength,
  }: Pick<ProjectorFacts, 'family' | 'ffnLength' | 'outputLength'> & Partial<Pick<ProjectorFacts, 'rowLength'>>,
  patches: number,
): number {
  return patches * (patchValues(family) * (1 + F32_BYTES) + ffnLength * F16_BYTES + (rowLength * F32_BYTES) / 4)
}
