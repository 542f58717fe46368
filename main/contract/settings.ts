import { oc, eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { PictureBudget } from './media.ts'
import { Sampling } from './models.ts'

/** What a user chose. null: the model's own default. */
export const Settings = z.object({
  theme: z.enum(['system', 'light', 'dark']),
  systemPrompt: z.string().max(100_000),
  budget: PictureBudget.nullable(),
  sampling: Sampling.nullable(),
  maxTokens: z.int().min(1).max(131_072).nullable(),
  /** null: the demo model. */
  modelId: z.string().nullable(),
})
export type Settings = z.infer<typeof Settings>

export const defaultSettings: Settings = { theme: 'system', systemPrompt: '', budget: null, sampling: null, maxTokens: null, modelId: null }

export const settings = {
  /** The present settings at once, then every change. */
  watch: oc.output(eventIterator(Settings)),
  update: oc.input(Settings.partial()).output(Settings),
}
