import { wordsInName } from './family.ts'
import type { RunningFamily } from './family.ts'

/** Qwen3-VL, dense and with experts. */
export const qwen3vl: RunningFamily = {
  id: 'qwen3vl',
  label: 'Qwen3-VL',
  architectures: ['qwen3vl', 'qwen3vlmoe'],
  projectorTypes: ['qwen3vl_merger'],
  named: wordsInName('qwen', '3', 'vl'),
  vision: {
    patchPixels: 16,
    windowPixels: null,
    norm: 'layer',
    hasGate: false,
    activation: 'gelu-tanh',
    minPixels: 64 * 1024,
    maxPixels: 16_384 * 1024,
    framesPerSlice: 2,
    videoForm: 'timed',
    positionsPerSecond: null,
    isDeep: true,
  },
}
