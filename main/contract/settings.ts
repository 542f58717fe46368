import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { SourceName } from './catalogue.ts'
import { PictureBudget } from './media.ts'
import { Sampling } from './sampling.ts'

/**
 * How the processor looks at pictures. `exact`: in single precision, the same numbers at every run. `balanced`: as fast as keeps
 * the cosine of the embeddings to the exact ones above 0.999. `fastest`: in 8 bits everywhere. A graphics card has its own way.
 */
export const VisionSetting = z.enum(['exact', 'balanced', 'fastest'])
export type VisionSetting = z.infer<typeof VisionSetting>

/** What a user chose. null: the model's own default. */
export const Settings = z.object({
  theme: z.enum(['system', 'light', 'dark']),
  /** The language of the window, as BCP 47 names it; `system`: the first of the system's that there is. */
  language: z.enum(['system', 'en', 'zh-Hans']),
  systemPrompt: z.string().max(100_000),
  budget: PictureBudget.nullable(),
  sampling: Sampling.nullable(),
  maxTokens: z.int().min(1).max(131_072).nullable(),
  /** The longest thought before an answer, in tokens; null: as long as the context leaves room for the answer. */
  thinkingBudget: z.int().min(1).max(131_072).nullable(),
  /** A model that was loaded with another one is loaded again with the next question. */
  vision: VisionSetting,
  /** null: the demo model. */
  modelId: z.string().nullable(),
  /** Where models are kept; null: `models` in the data folder. Changed with its files by `library.moveFolder`. */
  modelsFolder: z.string().min(1).max(4096).nullable(),
  /** Whether the first run was gone through or skipped; it is not shown again then. */
  firstRunDone: z.boolean(),
  /** Where models are downloaded from, the first first; each at most once. `mirror` counts once it has an address. */
  sources: z
    .object({
      order: z.array(SourceName),
      mirrorUrl: z
        .url({ protocol: /^https?$/ })
        .max(2048)
        .nullable(),
    })
    .refine(({ order }) => new Set(order).size === order.length, 'a source is there twice'),
  /** After so many minutes without use a model is unloaded; null: it stays loaded. */
  engineIdleMinutes: z.number().min(1).max(1440).nullable(),
  /** The keys that capture the screen from anywhere, as Electron writes accelerators; null: none. */
  captureShortcut: z.string().min(1).max(64).nullable(),
  /** Whether the model gives a conversation its title after the first answer. */
  titlesByModel: z.boolean(),
  /** Whether pictures are described while nothing is asked, so that search finds what is in them. */
  describePictures: z.boolean(),
})
export type Settings = z.infer<typeof Settings>

export const defaultSettings: Settings = {
  theme: 'system',
  language: 'system',
  systemPrompt: '',
  budget: null,
  sampling: null,
  maxTokens: null,
  thinkingBudget: null,
  vision: 'balanced',
  modelId: null,
  modelsFolder: null,
  firstRunDone: false,
  sources: { order: ['huggingface', 'mirror', 'modelscope'], mirrorUrl: null },
  engineIdleMinutes: 15,
  captureShortcut: 'CommandOrControl+Shift+9',
  titlesByModel: true,
  describePictures: false,
}

/** What a window may change: the model is chosen by `models.choose`, the models folder moved by `library.moveFolder`. */
export const SettingsChange = Settings.omit({ modelId: true, modelsFolder: true }).partial().strict()
export type SettingsChange = z.infer<typeof SettingsChange>

export const settings = {
  /** The present settings at once, then every change. */
  watch: oc.output(eventIterator(Settings)),
  update: oc.input(SettingsChange).output(Settings),
}
