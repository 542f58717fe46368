import { AppError } from '#contract'
import type { Message, Profile } from '#contract'
import type { AnswerEvent, AnswerOptions, AnswerRequest, AnswerResult } from '../../engine/index.ts'
import type { Conversations, Sent } from '../../services/conversations/index.ts'
import type { Chosen, Models } from '../../services/models/index.ts'
import type { PageEvent, PageJob, PagesBefore } from './pages.ts'
import { seenProfile, jobOf } from './profile.ts'
import type { RequestManner, Turn } from './request.ts'

interface GoOnParts {
  readonly profileOf: (chosen: Chosen) => Profile | null
  readonly conversations: Pick<Conversations, 'message' | 'path' | 'resume' | 'tokens'>
  readonly models: Pick<Models, 'chosen'>
  readonly request: (turns: readonly Turn[], manner: RequestManner, chosen: Chosen) => AnswerRequest
  readonly pagesOf: (turn: Turn | undefined, manner: RequestManner, chosen: Chosen) => PageJob | null
  /** The question of an answer; throws Busy while its conversation is answered. */
  readonly questionOf: (messageId: string) => string
  readonly run: (
    answer: Message,
    profile: ReturnType<typeof seenProfile>,
    events: (options: AnswerOptions) => AsyncIterable<PageEvent>,
  ) => void
  readonly answer: (request: AnswerRequest, options: AnswerOptions) => AsyncIterable<AnswerEvent>
  readonly read: (pages: PageJob, signal: AbortSignal | undefined, before: PagesBefore) => AsyncIterable<PageEvent>
}

const textOf = (parts: Message['parts']): string =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join('')

/** Goes on with answers that did not come to their end, as `Ask.goOn`. */
export function createGoOn({ conversations, models, profileOf, request, pagesOf, ...parts }: GoOnParts) {
  return ({ messageId, ...manner }: { messageId: string } & RequestManner): Sent => {
    const answer = conversations.message(messageId)
    const questionId = parts.questionOf(messageId)
    const question = conversations.message(questionId)
    const refuse = (why: string): never => {
      throw new AppError('InvalidInput', why, { id: messageId })
    }
    const isPages = question.job?.pages === 'each'
    if (answer.role !== 'assistant' || (answer.status === 'complete' && (isPages || !answer.usage?.cutOff)))
      refuse('This answer is whole: there is nothing to go on with. Ask again for another one.')
    const chosen = models.chosen()
    const pages = pagesOf(question, manner, chosen)
    const profile = seenProfile(profileOf(chosen), jobOf(profileOf(chosen), question.job?.id))
    const readBy = answer.seen?.profile?.id
    if (
      isPages !== (pages !== null) ||
      answer.model !== chosen.model.name ||
      (readBy !== undefined && readBy !== profile?.id)
    )
      refuse(`Only ${answer.model ?? 'the model that began'} can go on with this answer. Choose it, or ask again.`)
    const text = textOf(answer.parts)
    const thought = answer.parts.find((part) => part.type === 'reasoning')
    if (pages) {
      conversations.resume(messageId)
      const before = { text, media: answer.seen?.media ?? [] }
      parts.run(answer, pages.profile, ({ signal }) => parts.read(pages, signal, before))
    } else {
      if (text === '' && !thought) refuse('Nothing of this answer was written yet. Ask again instead.')
      const turns = conversations.path(questionId).slice(answer.leftOut)
      const tokens = conversations.tokens(messageId)
      // the prompt is to end as it did when the answer was begun
      const asked = request(turns, { ...manner, thinking: thought ? 'on' : 'off' }, chosen)
      const begun = { text, ...(thought && { reasoning: thought.text }), ...(tokens && { tokens }) }
      conversations.resume(messageId)
      parts.run(answer, profile, (options) => whole(parts.answer({ ...asked, begun }, options), answer))
    }
    return { conversationId: answer.conversationId, userMessageId: questionId, answerId: messageId, besideId: null }
  }
}

/** What an answer yields that goes on, with the figures of what was there before. */
async function* whole(events: AsyncIterable<AnswerEvent>, before: Message): AsyncGenerator<AnswerEvent> {
  const thoughtMs = before.parts.find((part) => part.type === 'reasoning')?.ms ?? 0
  for await (const event of events) {
    if (event.type === 'reasoned') yield { ...event, ms: thoughtMs + event.ms }
    else if (event.type === 'done') yield { type: 'done', result: withBefore(event.result, before) }
    else yield event
  }
}

function withBefore(result: AnswerResult, { usage, timings }: Message): AnswerResult {
  // it was stopped before anything was computed
  if (result.usage.promptTokens === 0 && usage && timings) return { ...result, usage, timings }
  const reasoningTokens = result.usage.reasoningTokens ?? usage?.reasoningTokens
  return { ...result, usage: { ...result.usage, ...(reasoningTokens !== undefined && { reasoningTokens }) } }
}
