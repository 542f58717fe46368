import { oc } from '@orpc/contract'
import { z } from 'zod'
import { ChosenFormat, Id, MAX_PARTS, MAX_TEXT, MessageStatus, Thinking } from './conversations.ts'
import { SavedDraft } from './drafts.ts'
import { ErrorInfo } from './errors.ts'
import { FrameKey, MAX_FRAMES, MAX_MARKS, PictureBudget, PictureMark, ScreenPlace, Sha256 } from './media.ts'
import { Sampling } from './sampling.ts'
import { AppliedPreset } from './presets.ts'

/**
 * A part of a question as the composer sends it: pictures by the sha that the upload returned, a video by its set of frames. `frames`:
 * stored pictures that are one video, in order. `budget`: the detail of this picture or each of these frames, when not the
 * usual; `marks`: what was drawn on the picture; `screen`: where it was captured.
 */
export const QuestionPart = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string().max(MAX_TEXT) }),
  z.object({
    type: z.literal('image'),
    sha: Sha256,
    name: z.string().max(255),
    budget: PictureBudget.optional(),
    marks: z.array(PictureMark).max(MAX_MARKS).optional(),
    screen: ScreenPlace.optional(),
  }),
  z.object({ type: z.literal('video'), key: FrameKey, name: z.string().max(255) }),
  z.object({
    type: z.literal('frames'),
    name: z.string().max(255),
    pictures: z.array(Sha256).min(2).max(MAX_FRAMES),
    fps: z.number().min(0.001).max(1000).default(2),
    budget: PictureBudget.optional(),
  }),
])
export type QuestionPart = z.infer<typeof QuestionPart>

/** Tokens that a prompt leaves free in the context for the answer, when it is made to fit. */
export const ANSWER_ROOM = 512

/** Tokens that a chat template may write around a question, beside what is counted of its parts. */
export const TEMPLATE_ROOM = 64

/** A way out of a full context: a larger one, fewer of the oldest messages, less detail of the pictures. */
export const Remedy = z.enum(['context', 'turns', 'detail'])
export type Remedy = z.infer<typeof Remedy>

/**
 * How a question is answered otherwise this once: by another model, with values of the sampling, with another detail of its
 * pictures, in pixels. Unset: as ever.
 */
export const Variation = z.object({
  modelId: z.string().max(64).optional(),
  sampling: Sampling.partial().optional(),
  budget: PictureBudget.optional(),
})
export type Variation = z.infer<typeof Variation>

/** What the answer is held to; null or unset: nothing. It is kept with the question. */
const format = ChosenFormat.nullable().optional()

/** Whether the model may think first; unset: off, where it has a switch. */
const thinking = Thinking.optional()

/** Id of the job that is asked for, of the profile of the model; null or unset: none. It is kept with the question. */
const job = z.string().max(64).nullable().optional()

/**
 * Id of the question that this one is an edited version of: it stands beside it, as a new branch. null or unset: it comes after
 * what is shown of the conversation.
 */
const edits = Id.nullable().optional()
/** What a preset set for the conversation; null or unset: nothing. */
const preset = AppliedPreset.nullable().optional()

/** A question that is not sent yet, as far as it is ready. */
const Question = z.object({
  conversationId: Id.nullable(),
  parts: z.array(QuestionPart).max(MAX_PARTS),
  format,
  job,
  thinking,
  edits,
  preset,
})
const Sent = z.object({ conversationId: Id, userMessageId: Id, answerId: Id, besideId: Id.nullable() })

/**
 * Id of the model whose answer comes beside that of the current one, at the same time. Both are given the one path of the
 * conversation: what stood beside it earlier, neither gets to see. It has to fit into memory beside the current model;
 * where it does not, its answer ends with OutOfMemory.
 */
const compareWith = z.string().max(64).nullable().optional()

export const ask = {
  /**
   * Stores the question and starts the answer; follow it with `conversations.watch`. No id: a new conversation. `draft`: the
   * question as it was saved, which is taken out of the conversation's draft; what another window added to that stays. What
   * it compares with stays too, in a new conversation's own draft.
   */
  send: oc
    .input(
      z.object({
        conversationId: Id.nullable(),
        parts: z.array(QuestionPart).min(1).max(MAX_PARTS),
        format,
        job,
        thinking,
        preset,
        compareWith,
        edits,
        draft: SavedDraft.optional(),
      }),
    )
    .output(Sent),
  /**
   * Answers the same question again as a new branch; the earlier answer or pair is kept. `remedy`: what is changed first, for this
   * and the questions after it, when the context was full. ContextFull when that does not help. `variation`: what is otherwise
   * for this answer alone; NotFound for a model that is not there.
   */
  retry: oc
    .input(
      z.object({
        messageId: Id,
        remedy: Remedy.optional(),
        variation: Variation.optional(),
        thinking,
        preset,
        compareWith,
      }),
    )
    .output(Sent),
  /**
   * Goes on with an answer that did not come to its end, in the same answer. Its text goes on from its last token; of pages
   * those that are whole stay. InvalidInput when there is nothing left, when another model is chosen, or when the conversation
   * has gone on.
   */
  goOn: oc.input(z.object({ messageId: Id, thinking, preset })).output(Sent),
  /** Stops the answer and the one beside it; their text so far stays. Returns when the engine has stopped. */
  stop: oc.input(z.object({ messageId: Id })).output(z.void()),
  /** Waits until an answer has ended, and says how; at once for one that has. Throws NotFound. */
  ended: oc.input(z.object({ messageId: Id })).output(z.object({ status: MessageStatus, error: ErrorInfo.nullable() })),
  /**
   * The exact tokens of each part of a question, of the conversation before it and of the context, at once. Aborting the
   * call ends the work.
   */
  count: oc.input(Question).output(z.object({ parts: z.array(z.int()), conversation: z.int(), context: z.int() })),
  /**
   * Encodes pictures that are in the composer, before Send, so that Send costs only the question; answers when that is
   * done. Replaces the earlier call for the same conversation, keeping what both want. Interrupted when replaced, and when
   * other work went first: who still wants it asks again.
   */
  prepare: oc.input(Question).output(z.void()),
  /** Whether an answer can be held to a JSON schema; `place` says where it is no JSON. Throws nothing for a schema. */
  checkFormat: oc
    .input(z.object({ schema: z.string().max(200_000) }))
    .output(
      z.object({ problem: z.string().nullable(), place: z.object({ line: z.int(), column: z.int() }).nullable() }),
    ),
  /** The formats that questions were asked with, the latest first. */
  recentFormats: oc.output(z.array(ChosenFormat)),
  /** Nothing is compared any more for now: takes the second model out of memory, once its answers have ended. */
  endComparing: oc.output(z.void()),
}
