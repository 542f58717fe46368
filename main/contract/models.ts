import { oc } from '@orpc/contract'
import { z } from 'zod'
import { PictureBudget } from './media.ts'

/** Sampling of an answer; temperature 0 is greedy. Ranges follow llama.cpp's samplers. */
export const Sampling = z.object({
  temperature: z.number().min(0).max(5),
  topP: z.number().min(0).max(1),
  topK: z.int().min(0).max(100_000),
  minP: z.number().min(0).max(1),
  repeatPenalty: z.number().min(0.1).max(5),
  /** The largest number stands for a random seed in llama.cpp. */
  seed: z.int().min(0).max(0xffff_fffe).nullable(),
})
export type Sampling = z.infer<typeof Sampling>

/** A model's own defaults: they belong to the model, settings may override them. */
export const ModelDefaults = z.object({
  budget: PictureBudget,
  contextTokens: z.int().min(256),
  maxTokens: z.int().min(1),
  sampling: Sampling,
})
export type ModelDefaults = z.infer<typeof ModelDefaults>

/** A language model and its projector on disk. `projectorPath` null: answers text only. */
export const Model = z.object({
  id: z.string(),
  name: z.string(),
  /** Said in the window when the model is only a demonstration. */
  notice: z.string().nullable(),
  isDemo: z.boolean(),
  textPath: z.string(),
  projectorPath: z.string().nullable(),
  bytes: z.int(),
  defaults: ModelDefaults,
})
export type Model = z.infer<typeof Model>

export const models = {
  list: oc.output(z.array(Model)),
  /** Checks that both files are there, sound and fit each other, remembers the pair and makes it the current model. */
  add: oc
    .input(z.object({ textPath: z.string().min(1).max(4096), projectorPath: z.string().min(1).max(4096).nullable() }))
    .output(Model),
  choose: oc.input(z.object({ id: z.string() })).output(Model),
  /** Forgets the model; its files stay where they are. */
  remove: oc.input(z.object({ id: z.string() })).output(z.void()),
}
