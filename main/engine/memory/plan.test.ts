import { describe, expect, test } from 'vitest'
import type { VisionSetting } from '#contract'
import type { ProjectorFacts } from '../gguf/checkProjector.ts'
import type { TextModelFacts } from '../gguf/checkTextModel.ts'
import type { DeviceInfo, MemoryPlan } from '../types.ts'
import { kvLayerBytes, pictureExtraBytes, pictureGraphBytes, rewrittenPictureBytes } from './memoryModel.ts'
import { fitContext, fits, lowerPlan, makePlan } from './plan.ts'
import type { PlanInput } from './plan.ts'

const GB = 1e9
const BLOCKS = 28
const text: TextModelFacts = {
  name: 'Qwen2-VL 2B',
  architecture: 'qwen2vl',
  family: 'qwen2vl',
  splitting: 'qwen2',
  lacksSplitting: false,
  blocks: BLOCKS,
  embeddingLength: 1536,
  feedForwardLength: 8960,
  heads: 12,
  kvHeads: 2,
  headDim: 128,
  experts: null,
  recurrent: null,
  deepstackLayers: 0,
  vocabSize: 151_936,
  trainedContext: 32_768,
  ropeSections: [16, 24, 24, 0],
  bytes: 0.9e9,
  quantization: 'Q4_K_M',
  isF32: false,
  chatTemplate: null,
  weights: { embeddings: 0.2e9, blocks: new Array<number>(BLOCKS).fill(0.025e9), output: 0 },
}
const projector: ProjectorFacts = {
  family: 'qwen2vl',
  embeddingLength: 1280,
  blocks: 32,
  heads: 16,
  ffnLength: 5120,
  outputLength: 1536,
  deepBlocks: [],
  rowLength: 1536,
  positionSide: null,
  fullBlocks: null,
  kind: 'qwen2vl',
  tensors: new Map(),
  dataOffset: 0,
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
  eps: 1e-6,
  bytes: 1.3e9,
  // as in its file: quantized
  matrices: { numbers: 0, bytes: 0 },
}
const cpu: DeviceInfo = {
  name: 'CPU',
  description: 'Processor',
  kind: 'cpu',
  totalBytes: 32 * GB,
  freeBytes: 32 * GB,
  isShared: true,
}
const gpu = (gigabytes: number, isShared = false): DeviceInfo => ({
  name: 'CUDA0',
  description: 'Card',
  kind: isShared ? 'integrated' : 'gpu',
  totalBytes: gigabytes * GB,
  freeBytes: gigabytes * GB,
  isShared,
})
const input = (overrides: Partial<PlanInput> = {}): PlanInput => ({
  text,
  projector,
  contextTokens: 8192,
  kvType: 'f16',
  flashAttention: true,
  picturePixels: 1280 * 784,
  devices: [cpu],
  systemFreeBytes: 16 * GB,
  ...overrides,
})
const on = (plan: MemoryPlan, device: string) => plan.parts.find((part) => part.device === device)!

describe('the parts of a plan', () => {
  test('on the CPU alone', () => {
    const plan = makePlan(input())
    expect(plan).toMatchObject({ gpuLayers: 0, layers: 29, visionDevice: null, contextTokens: 8192 })
    expect(plan.parts).toHaveLength(1)
    // 28 layers of keys and values, 2 heads of 128 half-precision numbers, per token
    expect(on(plan, 'CPU')).toMatchObject({
      weights: text.bytes,
      projector: projector.bytes,
      kv: 28 * 2 * 2 * 128 * 2 * 8192,
      free: 16 * GB,
    })
    const { weights, projector: vision, kv, picture, overhead, total } = on(plan, 'CPU')
    expect(total).toBe(weights + vision + kv + picture + overhead)
    expect(plan.total).toBe(total)
  })

  test('all on a large GPU: only the token embeddings stay, and are copied for the output', () => {
    const plan = makePlan(input({ devices: [gpu(24), cpu] }))
    expect(plan).toMatchObject({ gpuLayers: 29, visionDevice: 'CUDA0' })
    expect(on(plan, 'CPU')).toMatchObject({ projector: 0, kv: 0 })
    expect(on(plan, 'CPU').weights).toBeCloseTo(0.2e9)
    expect(on(plan, 'CUDA0').weights).toBeCloseTo(0.9e9)
    expect(on(plan, 'CUDA0').projector).toBe(projector.bytes)
  })

  test('a projector that the processor computes its own way takes what the choice takes, on a GPU what is in its file', () => {
    const half = { ...projector, matrices: { numbers: 0.6e9, bytes: 1.2e9 } }
    const patches = 4 * 1280
    const ofCpu = (vision?: VisionSetting) => on(makePlan(input({ projector: half, vision })), 'CPU')
    expect(ofCpu('exact').projector).toBeCloseTo(0.1e9 + 4 * 0.6e9)
    expect(ofCpu('fastest').projector).toBeCloseTo(0.1e9 + 1.1 * 0.6e9)
    expect(ofCpu()).toEqual(ofCpu('balanced'))
    for (const vision of ['exact', 'balanced'] as const)
      expect(ofCpu(vision).picture).toBe(
        rewrittenPictureBytes(half, patches, vision) + pictureExtraBytes(half, patches),
      )
    const there = makePlan(input({ projector: half, vision: 'exact', devices: [gpu(24), cpu] }))
    expect(on(there, 'CUDA0')).toMatchObject({ projector: half.bytes, picture: pictureGraphBytes(half, patches) })
  })

  test('without a projector nothing is planned for pictures', () => {
    const plan = makePlan(input({ projector: null, devices: [gpu(24), cpu] }))
    expect(plan).toMatchObject({ gpuLayers: 29, visionDevice: null })
    expect(plan.parts.every((part) => part.projector === 0 && part.picture === 0)).toBe(true)
  })

  test.each([
    ['f32', 2 * 256 * 4],
    ['f16', 2 * 256 * 2],
    ['q8_0', 2 * (256 / 32) * 34],
    ['q4_0', 2 * (256 / 32) * 18],
  ] as const)('a token of a layer in a KV cache of %s', (type, bytes) => {
    expect(kvLayerBytes(text, 1, type)).toBe(bytes)
  })
})

describe('what does not fit', () => {
  test('a smaller GPU gets the pictures and fewer layers; every smaller one fewer still', () => {
    let before = 30
    for (const size of [24, 2.9, 2.7, 2.6]) {
      const plan = makePlan(input({ devices: [gpu(size), cpu] }))
      expect(plan.visionDevice).toBe('CUDA0')
      expect(plan.contextTokens).toBe(8192)
      expect(plan.gpuLayers).toBeLessThan(before)
      expect(on(plan, 'CUDA0').total).toBeLessThanOrEqual(size * GB)
      before = plan.gpuLayers
    }
    expect(before).toBeGreaterThan(0)
  })

  test('a GPU too small for the projector takes layers alone; one too small for anything is left alone', () => {
    expect(makePlan(input({ devices: [gpu(1.3), cpu] }))).toMatchObject({
      visionDevice: null,
      gpuLayers: expect.closeTo(16, -1.5) as number,
    })
    expect(makePlan(input({ devices: [gpu(0.1), cpu] }))).toMatchObject({
      visionDevice: null,
      gpuLayers: 0,
      parts: [{ device: 'CPU' }],
    })
  })

  test('pictures of unusual size are planned for only as long as no layer leaves the GPU for them', () => {
    const large = 16_384 * 784
    expect(makePlan(input({ picturePixels: large, devices: [gpu(24), cpu] })).picturePixels).toBe(large)
    expect(makePlan(input({ picturePixels: large, devices: [gpu(3.5), cpu] }))).toMatchObject({
      picturePixels: 1280 * 784,
      gpuLayers: 29,
    })
    expect(makePlan(input({ picturePixels: large, systemFreeBytes: 3.6 * GB }))).toMatchObject({
      picturePixels: 1280 * 784,
      contextTokens: 8192,
    })
  })

  test('the context is halved down to 2,048 tokens, or to what the prompt needs', () => {
    const wanted = { contextTokens: 32_768, kvType: 'f32' } as const
    expect(makePlan(input(wanted)).contextTokens).toBe(32_768)
    const tight = { ...wanted, systemFreeBytes: 3.5 * GB }
    expect(makePlan(input(tight)).contextTokens).toBe(8192)
    const need = (neededTokens: number) => () => makePlan(input({ ...tight, neededTokens }))
    expect(need(8000)().contextTokens).toBe(8192)
    expect(need(20_000)).toThrow(/20,224 tokens/)
  })

  test('a small context that was asked for is not enlarged', () => {
    expect(makePlan(input({ contextTokens: 500 })).contextTokens).toBe(512)
  })

  test('an error with its figures, when even that is too much', () => {
    const tooLittle = input({ systemFreeBytes: 2 * GB })
    expect(() => makePlan(tooLittle)).toThrow(
      /Qwen2-VL 2B needs 3\.\d GB of memory with a context of 2,048 tokens; 2\.0 GB are free/,
    )
    expect(() => makePlan(tooLittle)).toThrow(
      expect.objectContaining({
        code: 'OutOfMemory',
        detail: expect.objectContaining({ free: 2 * GB, context: 2048, weights: text.bytes }) as unknown,
      }),
    )
  })

  test('a GPU that shares the memory of the system counts there too', () => {
    const shared = makePlan(input({ devices: [gpu(3.4, true), cpu], systemFreeBytes: 4.5 * GB }))
    expect(shared.total).toBeLessThanOrEqual(4.5 * GB)
    expect(shared.gpuLayers).toBeGreaterThan(0)
    expect(() => makePlan(input({ devices: [gpu(3.4, true), cpu], systemFreeBytes: 2 * GB }))).toThrow(/free/)
  })
})

describe('when memory runs out in spite of the plan', () => {
  test('layers leave the GPU a quarter at a time, then the pictures; then the context is halved, until nothing is left', () => {
    const from = input({ devices: [gpu(24), cpu], contextTokens: 8192 })
    const steps: string[] = []
    for (let plan: MemoryPlan | null = makePlan(from); plan; plan = lowerPlan(plan, from)) {
      steps.push(`${plan.gpuLayers} ${plan.visionDevice} ${plan.contextTokens}`)
      expect(steps.length).toBeLessThan(20)
    }
    expect(steps).toEqual([
      '29 CUDA0 8192',
      '21 CUDA0 8192',
      '13 CUDA0 8192',
      '5 CUDA0 8192',
      '0 CUDA0 8192',
      '0 null 8192',
      '0 null 4096',
      '0 null 2048',
    ])
  })

  test('never below what the prompt needs', () => {
    const from = input({ contextTokens: 8192, neededTokens: 5000 })
    const lowered = lowerPlan(makePlan(from), from)!
    expect(lowered.contextTokens).toBe(5120)
    expect(lowerPlan(lowered, from)).toBeNull()
  })
})

test('another context in the same places: halved until it fits, or the least', () => {
  const from = input({ contextTokens: 4096, systemFreeBytes: 3.5 * GB })
  const plan = makePlan(from)
  const larger = { ...from, contextTokens: 32_768, kvType: 'f32' as const }
  const grown = fitContext(plan, larger)
  expect(grown.contextTokens).toBe(8192)
  expect(on(grown, 'CPU').kv).toBe(4 * on(plan, 'CPU').kv)
  expect(fits(grown, larger)).toBe(true)
  const needed = { ...larger, neededTokens: 16_000 }
  expect(fitContext(plan, needed).contextTokens).toBe(16_128)
  expect(fits(fitContext(plan, needed), needed)).toBe(false)
})
