import { describe, expect, test } from 'vitest'
import { computesOn, looksWith, noGpuText } from './modelStatus.ts'

const plan = {
  gpuLayers: 28,
  layers: 29,
  visionDevice: 'CUDA0',
  contextTokens: 8192,
  picturePixels: 1280 * 784,
  parts: [],
  total: 0,
}

describe('what computes', () => {
  test('is the processor by its name where no graphics card is used', () => {
    expect(
      computesOn({ backend: 'CPU (zen4)', noGpuReason: 'the CPU was chosen', plan: { ...plan, gpuLayers: 0 } }),
    ).toBe('CPU (zen4)')
    expect(computesOn({ backend: null, noGpuReason: null, plan: null })).toBeNull()
  })

  test('is a graphics card with the layers that are on it, once they are planned', () => {
    const gpu = { backend: 'CUDA (NVIDIA GeForce RTX 4070)', noGpuReason: null }
    expect(computesOn({ ...gpu, plan })).toBe('CUDA · NVIDIA GeForce RTX 4070 · 28\u00a0of\u00a029\u00a0layers')
    expect(computesOn({ ...gpu, plan: { ...plan, gpuLayers: 29 } })).toBe(
      'CUDA · NVIDIA GeForce RTX 4070 · all\u00a029\u00a0layers',
    )
    expect(computesOn({ ...gpu, plan: null })).toBe('CUDA · NVIDIA GeForce RTX 4070')
  })

  test('keeps the brackets of a device name, and a name of another form as it is', () => {
    expect(computesOn({ backend: 'Vulkan (AMD Radeon Graphics (RADV GFX1103))', noGpuReason: null, plan: null })).toBe(
      'Vulkan · AMD Radeon Graphics (RADV GFX1103)',
    )
    expect(computesOn({ backend: 'Metal', noGpuReason: null, plan })).toBe('Metal · 28\u00a0of\u00a029\u00a0layers')
  })
})

test('what looks at pictures is told with the choice that it follows, a graphics card without one', () => {
  expect(looksWith({ how: 'llama.cpp, bf16', setting: 'fastest' })).toBe('llama.cpp, bf16 · Fastest')
  expect(looksWith({ how: 'llama.cpp, f16', setting: null })).toBe('llama.cpp, f16')
})

test.each([
  ['the CPU was chosen', 'No graphics card is used: the CPU was chosen.'],
  [
    'CUDA: no NVIDIA driver was found; Vulkan: no graphics device was found',
    'No graphics card is used: no NVIDIA driver was found (CUDA), no graphics device was found (Vulkan).',
  ],
  ['', 'No graphics card is used.'],
])('the reason "%s" is told in a sentence', (reason, sentence) => {
  expect(noGpuText(reason)).toBe(sentence)
})
