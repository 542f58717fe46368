import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { Sampling } from './sampling.ts'

/**
 * What the numbers of an answer count. `thousandths` of width and height, 0 to 1000. `pixels` of the picture as the model
 * got it, after its resize. `shares` of width and height, 0 to 1. `bins`: 1000 steps over width and height, 0 to 999, as
 * coordinate tokens count.
 */
export const CoordinateSpace = z.enum(['thousandths', 'pixels', 'shares', 'bins'])
export type CoordinateSpace = z.infer<typeof CoordinateSpace>

/**
 * How an answer is read. `marks`: words, with boxes and points among them. `action`: what a screen model does, a point in
 * most cases. The others are pages of text: `olmocr` with its front matter, `nanonets` with its tags, `mineru` with the
 * layout of its first pass and the regions of its second, `markdown` without anything of its own.
 */
export const AnswerParser = z.enum(['marks', 'action', 'olmocr', 'nanonets', 'mineru', 'markdown'])
export type AnswerParser = z.infer<typeof AnswerParser>

/** Parsers whose answers are documents. */
export const documentParsers: readonly AnswerParser[] = ['olmocr', 'nanonets', 'mineru', 'markdown']

/** What an answer is to be read with; kept with the answer, so that a profile that is changed later changes no old answer. */
export const SeenProfile = z.object({
  id: z.string(),
  name: z.string(),
  parser: AnswerParser,
  /** null: as the model's family counts. */
  space: CoordinateSpace.nullable(),
})
export type SeenProfile = z.infer<typeof SeenProfile>

/** Name of a profile or of one of its jobs, as files and the command line write it. */
export const ProfileId = z
  .string()
  .max(64)
  .regex(/^[a-z0-9][a-z0-9._-]*$/, 'small letters, digits, ".", "_" and "-" only')

const side = z.int().min(28).max(16_384)
const prompt = z.string().max(20_000)

/**
 * How large a picture goes to the model, in pixels, before the family's own rounding to whole tokens. `longestSide` and
 * `shortestSide` scale it to that; `minPixels` and `maxPixels` bound its area; `exact` distorts it to that very size.
 */
export const SizeRule = z.strictObject({
  longestSide: side.optional(),
  shortestSide: side.optional(),
  minPixels: z.int().min(784).optional(),
  maxPixels: z
    .int()
    .min(784)
    .max(16_384 * 1024)
    .optional(),
  exact: z.strictObject({ width: side, height: side }).optional(),
})
export type SizeRule = z.infer<typeof SizeRule>

/**
 * What stands in prompts for what is not known when they are written. `{text}`: the user's words; a job without it needs none
 * and puts those that there are behind. `{media}`: the pictures and videos, where they are not all before or behind the words.
 * `{width}` and `{height}`: of the last picture as the model gets it, in pixels.
 */
export const places = { text: '{text}', media: '{media}', width: '{width}', height: '{height}' } as const

/** How the parts of a question follow one another. */
const order = z.enum(['media-first', 'text-first'])

/** Something that a fine-tune was made to do. What it leaves out is as its profile says. */
export const ProfileJob = z.strictObject({
  id: ProfileId,
  /** What the menu calls it. */
  label: z.string().trim().min(1).max(60),
  /** What the model is asked, with `places` in it. */
  prompt: prompt.min(1),
  /** Empty: none at all. */
  system: prompt.optional(),
  order: order.optional(),
  parser: AnswerParser.optional(),
  space: CoordinateSpace.nullable().optional(),
  size: SizeRule.optional(),
  /** `each`: one question for each picture, as pages are read. */
  pages: z.literal('each').optional(),
})
export type ProfileJob = z.infer<typeof ProfileJob>

/**
 * A page that is read in two passes: its layout, then each region by itself with the prompt of its type. The picture of the
 * first has exactly `size`.
 */
export const ProfilePasses = z.strictObject({
  layout: z.strictObject({ prompt: prompt.min(1), size: z.strictObject({ width: side, height: side }) }),
  regions: z.strictObject({ default: prompt.min(1), byType: z.record(z.string().max(60), prompt.min(1)) }),
})
export type ProfilePasses = z.infer<typeof ProfilePasses>

/** What a fine-tune expects and gives where it differs from its base. */
export const Profile = z.strictObject({
  id: ProfileId.refine((id) => id !== 'none', '"none" stands for no profile; give it another one'),
  name: z.string().trim().min(1).max(80),
  /** What it is good for, in one line. */
  about: z.string().max(300).default(''),
  /** Pages where the facts were read. */
  source: z.array(z.url()).max(8).default([]),
  /**
   * `names`: words that stand one after another in one of its names, whatever is between words: `general.name`,
   * `general.basename`, the repository that it came from, its file, the names of its base models, in this order. `template`:
   * pieces of its chat template, one of which is enough.
   */
  recognise: z
    .strictObject({
      names: z.array(z.string().trim().min(2).max(120)).max(20).default([]),
      template: z.array(z.string().min(8).max(2000)).max(8).default([]),
    })
    .default({ names: [], template: [] }),
  /** Its system prompt, with `{width}` and `{height}`; null: that of the settings. Empty: none at all. */
  system: prompt.nullable().default(null),
  /** Which comes first in a question; null: as composed. */
  order: order.nullable().default(null),
  size: SizeRule.default({}),
  sampling: Sampling.partial().strict().default({}),
  maxTokens: z.int().min(1).max(131_072).nullable().default(null),
  /** The answer ends before the first of these. */
  stop: z.array(z.string().min(1).max(100)).max(16).default([]),
  parser: AnswerParser.default('marks'),
  /** null: as the model's family counts. */
  space: CoordinateSpace.nullable().default(null),
  /**
   * A thought that no tag opens or closes: the answer begins with it, and it ends where one of `until` stands, at the latest
   * before the last paragraph. null: none but those that tags tell of.
   */
  thinking: z
    .strictObject({ until: z.array(z.string().min(1).max(100)).min(1).max(8) })
    .nullable()
    .default(null),
  jobs: z
    .array(ProfileJob)
    .max(32)
    .refine((jobs) => new Set(jobs.map(({ id }) => id)).size === jobs.length, 'each job needs an id of its own')
    .default([]),
  /** null: each page is read in one. */
  passes: ProfilePasses.nullable().default(null),
})
export type Profile = z.infer<typeof Profile>

/** A profile that can be chosen; `isOwn`: the user's. */
export const ListedProfile = z.object({ profile: Profile, isOwn: z.boolean() })
export type ListedProfile = z.infer<typeof ListedProfile>

/** The profile that a model is asked with, and in words what told it; null: none. */
export const UsedProfile = z.object({ id: ProfileId, why: z.string() }).nullable()
export type UsedProfile = z.infer<typeof UsedProfile>

/** All profiles, and which of them each model of the library is asked with, by its id. */
export const ProfilesState = z.object({
  profiles: z.array(ListedProfile),
  used: z.record(z.string(), UsedProfile),
})
export type ProfilesState = z.infer<typeof ProfilesState>

/** What is wrong with the text of a profile; `place`: where it is no JSON. */
export const ProfileCheck = z.object({
  problem: z.string().nullable(),
  place: z.object({ line: z.int(), column: z.int() }).nullable(),
})
export type ProfileCheck = z.infer<typeof ProfileCheck>

const json = z.string().max(200_000)

export const profiles = {
  /** The profiles and which are used, at once, then whenever that changes. */
  watch: oc.output(eventIterator(ProfilesState)),
  /** What is wrong with the text of a profile of one's own. Throws nothing for a text. */
  check: oc.input(z.object({ json })).output(ProfileCheck),
  /** Keeps a profile of one's own, in the place of the one with its id. InvalidInput: `check` says why. */
  save: oc.input(z.object({ json })).output(Profile),
  /** Removes a profile of one's own; models that were asked with it get the one they are recognised by. NotFound. */
  remove: oc.input(z.object({ id: ProfileId })).output(z.void()),
}
