import { oc } from '@orpc/contract'
import { z } from 'zod'
import { Id } from './conversations.ts'
import { PictureBudget, Sha256 } from './media.ts'

/** A part as the composer sends it: pictures by the sha that the upload returned. `budget`: the detail of this picture, when not the usual. */
export const DraftPart = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string().max(2_000_000) }),
  z.object({ type: z.literal('image'), sha: Sha256, name: z.string().max(255), budget: PictureBudget.optional() }),
])
export type DraftPart = z.infer<typeof DraftPart>

/** A way out of a full context: a larger one, fewer of the oldest messages, less detail of the pictures. */
export const Remedy = z.enum(['context', 'turns', 'detail'])
export type Remedy = z.infer<typeof Remedy>

const Draft = z.object({ conversationId: Id.nullable(), parts: z.array(DraftPart).max(64) })
const Sent = z.object({ conversationId: Id, userMessageId: Id, answerId: Id, besideId: Id.nullable() })

/**
 * Id of the model whose answer comes beside that of the current one, at the same time. Both are given the one path of the
 * conversation: what stood beside it earlier, neither gets to see. It has to fit into memory beside the current model;
 * where it does not, its answer ends with OutOfMemory.
 */
const compareWith = z.string().max(64).nullable().optional()

export const ask = {
  /** Stores the question and starts the answer; follow it with `conversations.watch`. No id: a new conversation. */
  send: oc.input(z.object({ conversationId: Id.nullable(), parts: z.array(DraftPart).min(1).max(64), compareWith })).output(Sent),
  /**
   * Answers the same question again as a new branch; the earlier answer or pair is kept. `remedy`: what is changed first, for this
   * and the questions after it, when the context was full. ContextFull when that does not help.
   */
  retry: oc.input(z.object({ messageId: Id, remedy: Remedy.optional(), compareWith })).output(Sent),
  /** Stops the answer and the one beside it; their text so far stays. Returns when the engine has stopped. */
  stop: oc.input(z.object({ messageId: Id })).output(z.void()),
  /** The exact tokens of each part of a draft, of the conversation before it and of the context, at once. */
  count: oc.input(Draft).output(z.object({ parts: z.array(z.int()), conversation: z.int(), context: z.int() })),
  /**
   * Encodes pictures that are in the composer, before Send, so that Send costs only the question; answers when that is
   * done. Replaces the earlier call for the same conversation, keeping what both want. Interrupted when replaced.
   */
  prepare: oc.input(Draft).output(z.void()),
  /** Nothing is compared any more for now: takes the second model out of memory, once its answers have ended. */
  endComparing: oc.output(z.void()),
}
