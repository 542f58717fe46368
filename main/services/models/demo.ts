import { PIXELS_PER_TOKEN } from '#contract'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Model, ModelDefaults } from '#contract'

export const demoModelId = 'demo'
export const demoNotice =
  'This is a tiny demo model. It only knows what it was taught: simple drawings and videos of coloured shapes, in English and Chinese.'
export const demoFacts = {
  name: 'Demo model',
  trainedContext: 4096,
  quantization: 'F16',
  projectorQuantization: 'F16',
  family: 'qwen2vl',
} as const

/** Most of what it was taught had 16 to 24 tokens; a square picture gets 16. */
export const demoDefaults: ModelDefaults = {
  budget: { minPixels: 4 * PIXELS_PER_TOKEN, maxPixels: 24 * PIXELS_PER_TOKEN },
  contextTokens: 4096,
  maxTokens: 256,
  sampling: { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: null },
}

/** The tiny model inside the app, in `<resources>/demo-model`. */
export function demoModel(resources: string): Model {
  const textPath = join(resources, 'demo-model', 'demo-text-f16.gguf')
  const projectorPath = join(resources, 'demo-model', 'demo-mmproj-f16.gguf')
  return {
    id: demoModelId,
    name: demoFacts.name,
    notice: demoNotice,
    isDemo: true,
    textPath,
    projectorPath,
    bytes: sizeOf(textPath) + sizeOf(projectorPath),
    defaults: demoDefaults,
  }
}

/** Bytes of a file; 0 when it is missing, which loading reports. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
