import { describe, expect, test } from 'vitest'
import { VisionSetting } from '#contract'
import type { DeviceInfo, MachineFacts, ModelShape } from '../types.ts'
import { anyPlacement, estimateFit, estimatePlacement, sizedModel } from './estimateFit.ts'
import type { SizedModel } from './estimateFit.ts'

const GB = 1e9
const shape2b: ModelShape = {
  text: {
    blocks: 28,
    embeddingLength: 1536,
    feedForwardLength: 8960,
    heads: 12,
    kvHeads: 2,
    headDim: 128,
    vocabSize: 151_936,
    tiedEmbeddings: true,
  },
  projector: { family: 'qwen2vl', blocks: 32, embeddingLength: 1280, ffnLength: 5120, outputLength: 1536 },
}
const shape7b: ModelShape = {
  text: {
    blocks: 28,
    embeddingLength: 3584,
    feedForwardLength: 18_944,
    heads: 28,
    kvHeads: 4,
    headDim: 128,
    vocabSize: 152_064,
    tiedEmbeddings: false,
  },
  projector: { family: 'qwen2vl', blocks: 32, embeddingLength: 1280, ffnLength: 5120, outputLength: 3584 },
}
const sized = (
  shape: ModelShape,
  textBytes: number,
  projectorBytes: number | null = 1.33 * GB,
  trainedContext = 32_768,
) => sizedModel(shape, { name: 'Qwen2-VL', textBytes, projectorBytes, trainedContext })
const small = sized(shape2b, 0.986 * GB)
const large = sized(shape7b, 4.68 * GB)

const cpu: DeviceInfo = {
  name: 'CPU',
  description: 'Processor',
  kind: 'cpu',
  totalBytes: 32 * GB,
  freeBytes: 32 * GB,
  isShared: true,
}
const card = (gigabytes: number, overrides: Partial<DeviceInfo> = {}): DeviceInfo => ({
  name: 'CUDA0',
  description: 'Card',
  kind: 'gpu',
  totalBytes: gigabytes * GB,
  freeBytes: gigabytes * GB,
  isShared: false,
  ...overrides,
})
const machine = (overrides: Partial<MachineFacts> = {}): MachineFacts => ({
  cpu: 'Processor',
  cores: 8,
  memoryBytes: 32 * GB,
  systemFreeBytes: 16 * GB,
  devices: [cpu],
  cpuBytesPerSecond: 20e9,
  ...overrides,
})
const withCard = (gigabytes: number, overrides: Partial<MachineFacts> = {}) =>
  machine({ devices: [cpu, card(gigabytes)], ...overrides })

describe('the level', () => {
  test('all of a small model on a large card, with the largest context', () => {
    const fit = estimateFit(small, withCard(24))
    expect(fit).toMatchObject({
      level: 'gpu',
      contextTokens: 32_768,
      gpuLayers: 29,
      layers: 29,
      speed: 'fast',
      sentence: 'Fits on the graphics card with 32,768 tokens of context.',
    })
    expect(fit.neededBytes).toBeLessThan(fit.freeBytes)
  })

  test('a smaller card with as much context as leaves everything on it', () => {
    const [roomy, tight] = [estimateFit(small, withCard(4.2)), estimateFit(small, withCard(3.8))]
    expect(roomy.level).toBe('gpu')
    expect(tight.level).toBe('gpu')
    expect(tight.contextTokens).toBeLessThan(roomy.contextTokens)
    expect(tight.sentence).toBe(
      `Fits on the graphics card with ${tight.contextTokens.toLocaleString('en')} tokens of context.`,
    )
  })

  test('some layers of a large model on a card that is too small for it', () => {
    const fit = estimateFit(large, withCard(4))
    expect(fit).toMatchObject({ level: 'partial', layers: 29 })
    expect(fit.gpuLayers).toBeGreaterThan(5)
    expect(fit.gpuLayers).toBeLessThan(29)
    expect(fit.sentence).toBe(
      `${fit.gpuLayers} of 29 layers fit on the graphics card with ${fit.contextTokens.toLocaleString('en')} tokens of context; ` +
        'the others compute on the processor.',
    )
  })

  test('the processor where there is no card', () => {
    expect(estimateFit(small, machine())).toMatchObject({
      level: 'cpu',
      gpuLayers: 0,
      contextTokens: 32_768,
      sentence: 'Runs on the processor with 32,768 tokens of context.',
    })
  })

  test('nothing, with what it needs and what is free', () => {
    const fit = estimateFit(large, machine({ systemFreeBytes: 3.2 * GB }))
    expect(fit).toMatchObject({ level: 'no', tokensPerSecond: null, speed: null, freeBytes: 3.2 * GB })
    expect(fit.sentence).toMatch(/^Needs [67]\.\d GB of memory; 3\.2 GB are free\.$/)
  })

  test('never more context than the model was trained for, or than is wished', () => {
    expect(estimateFit(sized(shape2b, 0.986 * GB, 1.33 * GB, 4096), machine()).contextTokens).toBe(4096)
    expect(estimateFit(small, machine(), { ...anyPlacement, contextTokens: 4096 }).contextTokens).toBe(4096)
  })

  test('memory that a card shares with the system is counted once', () => {
    const shared = machine({
      devices: [cpu, card(16, { kind: 'integrated', isShared: true })],
      systemFreeBytes: 3 * GB,
    })
    expect(estimateFit(large, shared)).toMatchObject({ level: 'no', freeBytes: 3 * GB })
    expect(estimateFit(small, { ...shared, systemFreeBytes: 6 * GB })).toMatchObject({
      level: 'gpu',
      freeBytes: 6 * GB,
    })
  })
})

describe('the speed', () => {
  test('is what memory lets through: half the bytes twice as fast, and a card faster than the processor', () => {
    const speed = (bytes: number, on = machine()) => estimateFit(sized(shape7b, bytes), on).tokensPerSecond!
    expect(speed(4 * GB) / speed(8 * GB)).toBeCloseTo(2, 0)
    expect(speed(4 * GB, withCard(24))).toBeGreaterThan(5 * speed(4 * GB))
    expect(speed(4 * GB, machine({ cpuBytesPerSecond: 40e9 })) / speed(4 * GB)).toBeCloseTo(2, 1)
  })

  test.each([
    [200e9, 'fast'],
    [30e9, 'comfortable'],
    [10e9, 'slow'],
    [2e9, 'very slow'],
  ] as const)('%i bytes a second are %s for a 2B model', (cpuBytesPerSecond, speed) => {
    expect(estimateFit(small, machine({ cpuBytesPerSecond })).speed).toBe(speed)
  })

  test('a picture takes longest where it is looked at exactly and least where in 8 bits, on the processor alone', () => {
    const seconds = (on: MachineFacts) =>
      VisionSetting.options.map((vision) => estimateFit(small, { ...on, vision }).pictureSeconds!)
    const [exact, balanced, fastest] = seconds(machine()) as [number, number, number]
    expect(exact).toBeGreaterThan(balanced)
    expect(balanced).toBeGreaterThan(fastest)
    expect(estimateFit(small, machine()).pictureSeconds).toBe(balanced)
    expect(new Set(seconds(withCard(24))).size).toBe(1)
    const quantized = sized(shape2b, 0.986 * GB, 0.7 * GB)
    const neededBytes = (model: SizedModel) =>
      VisionSetting.options.map((vision) => estimateFit(model, machine({ vision })).neededBytes)
    expect(new Set(neededBytes(quantized)).size, 'computed with as it is in its file').toBe(1)
    const [most, , least] = neededBytes(small) as [number, number, number]
    expect(most - least).toBeCloseTo((1.33 * GB * (4 - 1.1)) / 2, -8)
  })

  test('a picture takes what was measured of the processor: products and attention of the tower, products of the prompt', () => {
    const speed = { products: 100e9, attention: 50e9 }
    const towers = { exact: speed, balanced: { ...speed, products: 200e9 }, fastest: speed }
    const seconds = (overrides: Partial<MachineFacts>) =>
      estimateFit(small, machine({ cores: 2, cpuFlops: 1e30, ...overrides })).pictureSeconds!
    const [exact, balanced] = [seconds({ towers, vision: 'exact' }), seconds({ towers })]
    // 4,096 patches go through 32 blocks of 19.66 million weights, and look at each other
    const products = 2 * 4096 * 32 * 19_660_800 + 2 * 1024 * 5120 * (5120 + 1536)
    const attention = 4 * 4096 ** 2 * 1280 * 32
    expect(exact - balanced).toBeCloseTo((1.25 * products * (1 / 100e9 - 1 / 200e9)) / 2, 3)
    expect(balanced).toBeCloseTo((1.25 * (products / 200e9 + attention / 50e9)) / 2, 3)
    const slow = { exact: speed, balanced: speed, fastest: { ...speed, attention: 25e9 } }
    expect(seconds({ towers: slow, vision: 'fastest' }) - seconds({ towers: slow })).toBeCloseTo(
      (1.25 * attention * (1 / 25e9 - 1 / 50e9)) / 2,
      3,
    )
    const prompt = 2 * 1024 * 28 * (2 * 1536 * 14 * 128 + 3 * 1536 * 8960)
    expect(seconds({ towers, cpuFlops: 100e9 }) - balanced).toBeCloseTo(prompt / 100e9, 3)
    const quantized = sized(shape2b, 0.986 * GB, 0.7 * GB)
    const of = (vision: VisionSetting) => estimateFit(quantized, machine({ towers, vision })).pictureSeconds
    expect(of('exact'), 'computed with as it is in its file').toBe(of('balanced'))
  })

  test('layers on the card make a model faster, one by one', () => {
    const speeds = [0, 7, 14, 21].map(
      (gpuLayers) => estimatePlacement(large, withCard(24), { ...anyPlacement, gpuLayers }).fit.tokensPerSecond!,
    )
    expect(speeds).toEqual([...speeds].sort((a, b) => a - b))
    expect(new Set(speeds).size).toBe(4)
  })
})

describe('a mixture of experts', () => {
  /** Qwen3-VL 30B-A3B, and what it would be if each token went through all its experts. */
  const shape = (used: number): ModelShape => ({
    text: {
      blocks: 48,
      embeddingLength: 2048,
      feedForwardLength: used * 768,
      heads: 32,
      kvHeads: 4,
      headDim: 128,
      experts: { count: 128, used, feedForwardLength: 768 },
      vocabSize: 151_936,
      tiedEmbeddings: false,
    },
    projector: { family: 'qwen3vl', blocks: 24, embeddingLength: 1152, ffnLength: 4304, outputLength: 2048 },
  })
  const mixture = sized(shape(8), 18.6 * GB, 1.08 * GB, 262_144)
  const dense = sized({ ...shape(128), text: { ...shape(128).text, experts: null } }, 18.6 * GB, 1.08 * GB, 262_144)
  const roomy = (overrides: Partial<MachineFacts> = {}) => machine({ systemFreeBytes: 48 * GB, ...overrides })

  test('with four bits a weight gets no f32 cache', () => {
    expect(mixture.text.isF32).toBe(false)
    const kv = (kvType: 'f16' | null) =>
      estimatePlacement(mixture, roomy(), { contextTokens: 8192, gpuLayers: null, kvType }).plan.parts[0]!.kv
    expect(kv(null)).toBe(kv('f16'))
    // 30.5 billion parameters in 18.6 GB
    expect((mixture.text.bytes * 8) / 30.5e9).toBeCloseTo(4.9, 1)
    const { embeddings, blocks, output } = mixture.text.weights
    expect(embeddings + output + blocks.reduce((sum, bytes) => sum + bytes, 0)).toBeCloseTo(18.6 * GB, -3)
  })

  test('takes the memory of all its experts and the time of those that are used', () => {
    const [quick, whole] = [estimateFit(mixture, roomy()), estimateFit(dense, roomy())]
    expect(quick.neededBytes).toBeGreaterThan(18.6 * GB)
    // 3.3 of 30.5 billion parameters, the output at more bits; 17 GB a second
    expect(quick.tokensPerSecond).toBeGreaterThan(7)
    expect(quick.tokensPerSecond).toBeLessThan(11)
    expect(whole.tokensPerSecond).toBeLessThan(1)
  })

  test('is faster on a card, block by block, and never as if it read nothing', () => {
    const speeds = [0, 16, 32, 49].map(
      (gpuLayers) =>
        estimatePlacement(mixture, roomy({ devices: [cpu, card(24)] }), { ...anyPlacement, gpuLayers }).fit
          .tokensPerSecond!,
    )
    expect(speeds).toEqual([...speeds].sort((a, b) => a - b))
    expect(new Set(speeds).size).toBe(4)
    // 1.9 GB at 360 GB a second, and 49 launches
    expect(speeds[3]).toBeGreaterThan(100)
    expect(speeds[3]).toBeLessThan(180)
  })
})

describe('a placement of the user', () => {
  test('is costed as it is, also when it does not fit', () => {
    const { plan, fit } = estimatePlacement(large, withCard(4), {
      contextTokens: 16_384,
      gpuLayers: 29,
      kvType: 'q8_0',
    })
    expect(plan).toMatchObject({ gpuLayers: 29, contextTokens: 16_384 })
    expect(fit).toMatchObject({
      level: 'no',
      sentence: expect.stringMatching(/^Needs \d\.\d GB of memory on CUDA0; 4\.0 GB are free\.$/) as string,
    })
  })

  test('a smaller type makes the KV cache smaller, a larger context makes it larger', () => {
    const kv = (contextTokens: number, kvType: 'f16' | 'q8_0' | 'q4_0') =>
      estimatePlacement(small, machine(), { contextTokens, gpuLayers: null, kvType }).plan.parts[0]!.kv
    expect(kv(8192, 'q8_0') / kv(8192, 'f16')).toBeCloseTo(34 / 64)
    expect(kv(8192, 'q4_0') / kv(8192, 'f16')).toBeCloseTo(18 / 64)
    expect(kv(16_384, 'f16')).toBe(2 * kv(8192, 'f16'))
  })

  test('what it leaves open is put where it fits; more layers than there are do no harm', () => {
    expect(estimatePlacement(large, withCard(24), anyPlacement).plan.gpuLayers).toBe(29)
    expect(estimatePlacement(large, withCard(24), { ...anyPlacement, gpuLayers: 99 }).plan.gpuLayers).toBe(29)
    expect(estimatePlacement(large, machine(), { ...anyPlacement, gpuLayers: 99 }).plan).toMatchObject({
      gpuLayers: 0,
      visionDevice: null,
    })
    expect(estimatePlacement(large, withCard(24), { ...anyPlacement, gpuLayers: 0 })).toMatchObject({
      plan: { gpuLayers: 0, visionDevice: 'CUDA0' },
      fit: { level: 'partial' },
    })
  })

  test('as a limit of the plan that is made for loading', () => {
    expect(estimateFit(large, withCard(24), { ...anyPlacement, gpuLayers: 12 }).gpuLayers).toBe(12)
    expect(estimateFit(large, withCard(4), { ...anyPlacement, gpuLayers: 29 }).gpuLayers).toBeLessThan(29)
  })
})
