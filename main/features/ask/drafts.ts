import type { ChosenFormat, DraftPart } from '#contract'
import type { Conversations } from '../../services/conversations/index.ts'
import type { AnswerRequest, Engine } from '../../engine/index.ts'
import type { Models } from '../../services/models/index.ts'
import { toPart } from './draft.ts'
import { historyOf } from './history.ts'
import type { Turn } from './request.ts'
import type { StoredMedia } from './storedMedia.ts'

/** A question that is not sent yet. */
export interface Draft {
  readonly conversationId: string | null
  readonly parts: DraftPart[]
  /** What the answer is held to. */
  readonly format?: ChosenFormat | null | undefined
}

interface DraftsParts {
  readonly conversations: Pick<Conversations, 'get' | 'path'>
  readonly models: Pick<Models, 'chosen'>
  readonly media: StoredMedia
  readonly engine: Pick<Engine, 'count' | 'prepare'>
  /** What the chosen model is asked. */
  readonly request: (turns: readonly Turn[]) => AnswerRequest
}

/** What a draft costs, and work ahead for it; methods throw NotFound, FramesMissing, and as the engine does. */
export interface Drafts {
  /** Exact tokens of a draft's parts, of the conversation before it, and of the context. */
  count(draft: Draft): Promise<{ parts: number[]; conversation: number; context: number }>
  /** Works ahead for a draft until it is done; throws Interrupted when a newer draft or `leave` ended it. */
  prepare(draft: Draft, signal?: AbortSignal): Promise<void>
  /** Ends work ahead for the draft of a conversation. */
  leave(conversationId: string | null): void
  /** Ends all of it. */
  close(): void
}

/** Drafts of all conversations, one of each; null is the conversation that does not exist yet. */
export function createDrafts({ conversations, models, media, engine, request }: DraftsParts): Drafts {
  const preparing = new Map<string | null, AbortController>()
  /** A draft as the engine takes it after the conversation so far; `parts` has null where a part is empty. */
  const toAsked = ({ conversationId, parts: draft, format = null }: Draft) => {
    const parts = draft.map((part) => toPart(part, media))
    const kept = parts.filter((part) => part !== null)
    const { path, leftOut } = historyOf(conversations, conversationId)
    return {
      parts,
      asked: request([
        ...path.slice(leftOut),
        ...(kept.length > 0 ? [{ role: 'user', parts: kept, format } as const] : []),
      ]),
    }
  }
  const leave = (conversationId: string | null): void => preparing.get(conversationId)?.abort()

  return {
    async count(draft) {
      const { asked, parts } = toAsked(draft)
      const context = models.chosen().contextTokens
      if (asked.messages.length === 0) return { parts: parts.map(() => 0), conversation: 0, context }
      const { lastMessage, total } = await engine.count(asked)
      const counts = parts.some((part) => part !== null) ? [...lastMessage] : []
      const question = counts.reduce((sum, count) => sum + count, 0)
      return {
        parts: parts.map((part) => (part === null ? 0 : (counts.shift() ?? 0))),
        conversation: total - question,
        context,
      }
    },

    async prepare(draft, signal) {
      const { conversationId } = draft
      leave(conversationId)
      const { asked } = toAsked(draft)
      if (asked.messages.length === 0) return
      const abort = new AbortController()
      preparing.set(conversationId, abort)
      try {
        const either = signal ? AbortSignal.any([signal, abort.signal]) : abort.signal
        await engine.prepare(asked, { signal: either, ...(conversationId === null ? {} : { conversationId }) })
      } finally {
        if (preparing.get(conversationId) === abort) preparing.delete(conversationId)
      }
    },

    leave,
    close() {
      for (const conversationId of preparing.keys()) leave(conversationId)
    },
  }
}
