import { wordsInName } from './family.ts'
import type { RunningFamily } from './family.ts'

/** Qwen2.5-VL. Ollama's converter gave its language models an architecture of their own. */
export const qwen25vl: RunningFamily = {
  id: 'qwen25vl',
  label: 'Qwen2.5-VL',
  architectures: ['qwen2vl', 'qwen25vl'],
  projectorTypes: ['qwen2.5vl_merger'],
  named: wordsInName('qwen', '2', '5', 'vl'),
  trainedContext: 128_000,
  vision: {
    patchPixels: 14,
    windowPixels: 112,
    norm: 'rms',
    hasGate: true,
    activation: 'silu',
    minPixels: 4 * 784,
    maxPixels: 16_384 * 784,
    framesPerSlice: 2,
    videoForm: 'whole',
    positionsPerSecond: 2,
    isDeep: false,
  },
}
