import { wordsInName } from './family.ts'
import type { RunningFamily } from './family.ts'

/** Qwen2-VL, and QVQ, which was made from it. */
export const qwen2vl: RunningFamily = {
  id: 'qwen2vl',
  label: 'Qwen2-VL',
  architectures: ['qwen2vl'],
  projectorTypes: ['qwen2vl_merger'],
  named: new RegExp(`${wordsInName('qwen', '2', 'vl').source}|qvq`, 'i'),
  trainedContext: 32_768,
  vision: {
    patchPixels: 14,
    windowPixels: null,
    norm: 'layer',
    hasGate: false,
    activation: 'quick-gelu',
    minPixels: 4 * 784,
    maxPixels: 16_384 * 784,
    framesPerSlice: 2,
    videoForm: 'whole',
    positionsPerSecond: null,
    isDeep: false,
  },
}
