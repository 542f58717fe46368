import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { ChosenFormat, Id, Thinking } from './conversations.ts'
import { readyFormats } from './formats.ts'
import { PictureBudget } from './media.ts'
import { Sampling } from './sampling.ts'

/** How finely pictures are looked at; what each level is in pixels depends on the family of the model. */
export const DetailLevel = z.enum(['low', 'medium', 'high', 'full'])
export type DetailLevel = z.infer<typeof DetailLevel>

const tokens = z.int().min(1).max(131_072)
const context = z.int().min(256).max(1_048_576)
const text = z.string().max(100_000)
const someSampling = Sampling.partial().strict()

/** What an answer is held to; a ready format may be written by its name alone. */
const format = z.union([
  ChosenFormat,
  z
    .enum(readyFormats.map(({ name }) => name))
    .transform((wanted): ChosenFormat => readyFormats.find(({ name }) => name === wanted)!),
])

/**
 * A way of asking, by its name. `{{a word}}` in `prompt` and `systemPrompt` is a variable: it is asked for whenever the preset
 * is chosen. What is null or empty is left as it is.
 */
export const Preset = z.strictObject({
  name: z.string().trim().min(1).max(80),
  /** What it is for, in one line. */
  about: z.string().max(300).default(''),
  /** The words of the question. */
  prompt: text.default(''),
  systemPrompt: text.default(''),
  /** What each variable stands for at first, by its name. */
  values: z.record(z.string().min(1).max(40), z.string().max(2000)).default({}),
  /** The name of a model that is switched to where it is on this computer. */
  model: z.string().trim().min(1).max(255).nullable().default(null),
  sampling: someSampling.default({}),
  detail: DetailLevel.nullable().default(null),
  /** The least size of the context in tokens. */
  contextTokens: context.nullable().default(null),
  /** The longest answer in tokens. */
  maxTokens: tokens.nullable().default(null),
  thinking: Thinking.nullable().default(null),
  format: format.nullable().default(null),
})
export type Preset = z.infer<typeof Preset>

/** A preset that can be chosen; `isOwn`: the user's, which can be changed. */
export const ListedPreset = z.object({ id: Id, preset: Preset, isOwn: z.boolean() })
export type ListedPreset = z.infer<typeof ListedPreset>

/**
 * What a preset set for a conversation, its variables filled in: it counts for every question of the conversation until it is
 * taken off, and goes before what was chosen for the model and in the settings. Unset: as these have it.
 */
export const AppliedPreset = z.object({
  name: z.string().max(80),
  systemPrompt: z.string().max(500_000).optional(),
  sampling: someSampling.optional(),
  budget: PictureBudget.optional(),
  /** The context is at least so large. */
  contextTokens: context.optional(),
  maxTokens: tokens.optional(),
})
export type AppliedPreset = z.infer<typeof AppliedPreset>

/** The most characters of a file with a preset. */
export const MAX_PRESET_FILE = 1_000_000

const input = z.object({ preset: Preset })
const one = z.object({ id: Id })

/** Names of presets are unique, whatever the case of their letters. */
export const presets = {
  /** The presets, the user's own first, at once, then whenever they change. */
  watch: oc.output(eventIterator(z.array(ListedPreset))),
  /** Keeps a new preset. InvalidInput: the name is taken, or no answer can be held to its format. */
  create: oc.input(input).output(ListedPreset),
  /** Changes a preset of the user's own. NotFound, and as `create`. */
  update: oc.input(input.extend(one.shape)).output(ListedPreset),
  /** Keeps a copy, with a name that is free, as one of the user's own. NotFound. */
  duplicate: oc.input(one).output(ListedPreset),
  /** Removes a preset of the user's own. NotFound. */
  remove: oc.input(one).output(z.void()),
  /** A preset as a file to share: its name and its text. NotFound. */
  export: oc.input(one).output(z.object({ name: z.string(), json: z.string() })),
  /**
   * Keeps the preset of a file that was shared, with a name that is free; `name`: what the file is called. InvalidInput: it is no
   * JSON (`line` and `column`), holds no preset, or one that cannot be used. NotYetSupported: it is of a later version.
   */
  import: oc.input(z.object({ name: z.string().max(255), json: z.string().max(MAX_PRESET_FILE) })).output(ListedPreset),
}
