import { oc } from '@orpc/contract'
import { z } from 'zod'
import { ChosenFormat, Id, MAX_PARTS, MAX_TEXT, Thinking } from './conversations.ts'
import { Attachment, MAX_FRAMES, MAX_MARKS, PictureBudget, PictureMark, Sha256 } from './media.ts'
import { AppliedPreset } from './presets.ts'
import { VideoRequest } from './videos.ts'

const name = z.string().max(255)
const lead = z.string().max(MAX_TEXT).optional()

/**
 * A medium in a draft. `image`: a stored picture with its own detail and marks. `video`: a stored video and how its frames
 * are wanted. `frames`: stored pictures that are one video, in order. `lead`: the words before it, where it stands among them;
 * unset: it stands right after the medium before it.
 */
export const SavedMedium = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('image'),
    sha: Sha256,
    name,
    lead,
    budget: PictureBudget.optional(),
    marks: z.array(PictureMark).max(MAX_MARKS).optional(),
  }),
  z.object({ type: z.literal('video'), sha: Sha256, name, lead, wish: VideoRequest }),
  z.object({
    type: z.literal('frames'),
    name,
    lead,
    pictures: z
      .array(z.object({ sha: Sha256, name }))
      .min(2)
      .max(MAX_FRAMES),
    fps: z.number().min(0.001).max(1000).optional(),
    budget: PictureBudget.optional(),
  }),
])
export type SavedMedium = z.infer<typeof SavedMedium>

/**
 * The question that is being composed in one conversation, as it outlives the window. `text`: the words after its media. `compareWith`: the model whose answers
 * come beside those of the current one; `thinking`: whether the model may think first; these, the job and the preset stay when
 * the question is sent.
 */
export const SavedDraft = z.object({
  text: z.string().max(MAX_TEXT),
  media: z.array(SavedMedium).max(MAX_PARTS),
  format: ChosenFormat.nullable(),
  compareWith: z.object({ id: z.string().max(64), name: z.string().max(255) }).nullable(),
  thinking: Thinking.optional(),
  /** Id of the job that is asked for. Unset: none. */
  job: z.string().max(64).optional(),
  /** What a preset set. Unset: nothing. */
  preset: AppliedPreset.optional(),
})
export type SavedDraft = z.infer<typeof SavedDraft>

/** No words, no media: as after a question was sent. */
export const emptySavedDraft: SavedDraft = { text: '', media: [], format: null, compareWith: null }

/** Whose draft it is; null: the draft that starts a new conversation. */
const conversationId = Id.nullable()

/**
 * Drafts, one for each conversation. Files that a draft holds are kept as long as it does. Two windows on one conversation
 * do not see each other's draft; what is found later is what both composed: each replaces what it saved itself (`over`).
 */
export const drafts = {
  /**
   * The draft as it was saved last, empty where there is none, and the stored files that it holds. A medium whose file is
   * gone is left out of it and named in `lost`.
   */
  get: oc
    .input(z.object({ conversationId }))
    .output(z.object({ draft: SavedDraft, attachments: z.array(Attachment), lost: z.array(z.string()) })),
  /**
   * Saves a draft in the place of the one before. `over`: what the window saved last, or got; only that is replaced, and what
   * others added stays. NotFound: the conversation was removed.
   */
  save: oc.input(z.object({ conversationId, draft: SavedDraft, over: SavedDraft.optional() })).output(z.void()),
}
