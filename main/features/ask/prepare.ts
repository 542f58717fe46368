import type { ChosenFormat, QuestionPart, SaidPart } from '#contract'
import type { AnswerRequest, Engine } from '../../engine/index.ts'
import type { Conversations } from '../../services/conversations/index.ts'
import type { Models } from '../../services/models/index.ts'
import type { PageJob } from './pages.ts'
import { historyOf } from './remedies.ts'
import { contextOf, toPart } from './request.ts'
import type { RequestManner, StoredMedia, Turn } from './request.ts'

/** A question that is not sent yet. */
export interface Question extends RequestManner {
  readonly conversationId: string | null
  readonly parts: QuestionPart[]
  /** What the answer is held to. */
  readonly format?: ChosenFormat | null | undefined
  /** Id of the job that it asks for. */
  readonly job?: string | null | undefined
  /** Id of the question that it is an edited version of; null or unset: it comes after what is shown. */
  readonly edits?: string | null | undefined
}

interface PreparationParts {
  readonly conversations: Pick<Conversations, 'get' | 'message' | 'history'>
  readonly models: Pick<Models, 'chosen'>
  readonly media: StoredMedia
  readonly engine: Pick<Engine, 'count' | 'prepare'>
  /** What the chosen model is asked. */
  readonly request: (turns: readonly Turn[], manner: RequestManner) => AnswerRequest
  /** The pages that a question reads one after another; null: it is asked as a whole. */
  readonly pagesOf: (turn: Turn | undefined, manner: RequestManner) => PageJob | null
}

/** What a question costs, and work ahead for it; methods throw NotFound, FramesMissing, and as the engine does. */
export interface Preparation {
  /**
   * Exact tokens of a question's parts, of the conversation before it, and of the context; ends when `signal` aborts. Of
   * pages that are read one after another the contexts count together, and nothing goes before them.
   */
  count(question: Question, signal?: AbortSignal): Promise<{ parts: number[]; conversation: number; context: number }>
  /** Works ahead for a question until that is done; throws Interrupted when a newer one or `cancel` ended it. */
  prepare(question: Question, signal?: AbortSignal): Promise<void>
  /** Ends the work ahead in a conversation. */
  cancel(conversationId: string | null): void
  /** Ends all of it. */
  close(): void
}

/** Work ahead in all conversations, one question in each; null is the conversation that does not exist yet. */
export function createPreparation({
  conversations,
  models,
  media,
  engine,
  request,
  pagesOf,
}: PreparationParts): Preparation {
  const preparing = new Map<string | null, AbortController>()
  /** A question as the engine takes it after the conversation so far; `parts` has null where a part is empty. */
  const toAnswerRequest = ({ conversationId, parts: composed, format = null, job, edits, ...manner }: Question) => {
    const parts = composed.map((part) => toPart(part, media))
    const kept = parts.filter((part) => part !== null)
    const { messages } = historyOf(conversations, conversationId, edits)
    const question =
      kept.length > 0
        ? [{ role: 'user', parts: kept, format, ...(job && { job: { id: job, label: job } }) } as const]
        : []
    const pages = pagesOf(question[0], manner)
    return { parts, answerRequest: request([...messages, ...question], manner), pages }
  }
  const cancel = (conversationId: string | null): void => preparing.get(conversationId)?.abort()

  return {
    async count(question, signal) {
      const { answerRequest, parts, pages } = toAnswerRequest(question)
      const context = contextOf(models.chosen(), question)
      if (answerRequest.messages.length === 0) return { parts: parts.map(() => 0), conversation: 0, context }
      const { lastMessage, total } = await engine.count(answerRequest, { ...(signal && { signal }) })
      const counts = parts.some((part) => part !== null) ? [...lastMessage] : []
      const ofQuestion = counts.reduce((sum, count) => sum + count, 0)
      // a profile may have changed the order, and put words of its own around those of the user
      const content = answerRequest.messages.at(-1)?.content ?? []
      const media = counts.filter((_, i) => content[i]?.type !== 'text')
      const texts = counts.filter((_, i) => content[i]?.type === 'text')
      const composedTexts = parts.filter((part) => part?.type === 'text').length
      const countOf = (part: SaidPart): number =>
        part.type !== 'text'
          ? (media.shift() ?? 0)
          : composedTexts > 1
            ? (texts.shift() ?? 0)
            : texts.reduce((sum, count) => sum + count, 0)
      return {
        parts: parts.map((part) => (part === null ? 0 : countOf(part))),
        conversation: pages ? 0 : total - ofQuestion,
        context: context * (pages?.requests.length ?? 1),
      }
    },

    async prepare(question, signal) {
      const { conversationId } = question
      cancel(conversationId)
      const { answerRequest: whole, pages } = toAnswerRequest(question)
      const answerRequest = pages?.requests[0] ?? whole
      if (answerRequest.messages.length === 0) return
      const abort = new AbortController()
      preparing.set(conversationId, abort)
      try {
        const either = signal ? AbortSignal.any([signal, abort.signal]) : abort.signal
        await engine.prepare(answerRequest, { signal: either, ...(conversationId === null ? {} : { conversationId }) })
      } finally {
        if (preparing.get(conversationId) === abort) preparing.delete(conversationId)
      }
    },

    cancel,
    close() {
      for (const conversationId of preparing.keys()) cancel(conversationId)
    },
  }
}
