import { ANSWER_ROOM, AppError, PIXELS_PER_TOKEN } from '#contract'
import type { Message } from '#contract'
import type { Conversations } from '../../services/conversations/index.ts'
import type { AnswerRequest } from '../../engine/index.ts'

const CONTEXT_STEP = 1024
/** No picture is made smaller than this to fit: 4 tokens, in pixels. */
const LEAST_PIXELS = 4 * PIXELS_PER_TOKEN

/** Whether a request fits its context with room for an answer. */
export type Fits = (request: AnswerRequest) => Promise<boolean>

/**
 * The conversation so far but for what its last answer left out, and how many messages these are; of an edited question what comes
 * before the one that it `edits`. Throws NotFound, and InvalidInput where that is no question of the conversation.
 */
export function historyOf(
  conversations: Pick<Conversations, 'get' | 'message' | 'history'>,
  conversationId: string | null,
  edits: string | null = null,
): { messages: Message[]; leftOut: number } {
  const last =
    edits !== null
      ? parentOfQuestion(conversations, conversationId, edits)
      : conversationId === null
        ? null
        : conversations.get(conversationId).leafId
  return last === null ? { messages: [], leftOut: 0 } : conversations.history(last)
}

/** What an edited question comes after; null: nothing. Throws InvalidInput where it is no question of the conversation. */
function parentOfQuestion(
  conversations: Pick<Conversations, 'message'>,
  conversationId: string | null,
  edits: string,
): string | null {
  const question = found(conversations, edits)
  if (question?.role !== 'user' || question.conversationId !== conversationId)
    throw new AppError(
      'InvalidInput',
      'The question that was edited is no longer in this conversation. Sent again, this is a new one.',
      { edits },
    )
  return question.parentId
}

/** A message; null where it is not there any more. */
function found(conversations: Pick<Conversations, 'message'>, messageId: string): Message | null {
  try {
    return conversations.message(messageId)
  } catch (error) {
    if (error instanceof AppError && error.code === 'NotFound') return null
    throw error
  }
}

/** How many of the oldest messages the latest answer of a path left out. */
export const leftOutOf = (path: readonly Message[]): number =>
  path.findLast(({ role }) => role === 'assistant')?.leftOut ?? 0

/** A context for a prompt of so many tokens with room for an answer, in tokens. */
export const contextFor = (promptTokens: number): number =>
  Math.ceil((promptTokens + ANSWER_ROOM) / CONTEXT_STEP) * CONTEXT_STEP

/**
 * How many of the oldest messages of `path` to leave out so that the rest fits; whole questions with their answers. The
 * last question always stays. Fewer messages never need more tokens, so the place is found by halving: of 1000 questions
 * 10 are counted. @throws AppError ContextFull when even the last question does not fit.
 */
export async function leaveOutOldest(
  path: readonly Message[],
  leftOut: number,
  toRequest: (path: readonly Message[]) => AnswerRequest,
  fits: Fits,
): Promise<number> {
  const questions = path.flatMap(({ role }, at) => (role === 'user' && at > leftOut ? [at] : []))
  let [low, high] = [0, questions.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (await fits(toRequest(path.slice(questions[middle])))) high = middle
    else low = middle + 1
  }
  const first = questions[low]
  if (first !== undefined) return first
  throw new AppError(
    'ContextFull',
    'The last question alone does not fit into the context. Lower the detail of its pictures, or raise the context.',
  )
}

/** The largest budget per picture, in pixels, with which the request fits. @throws AppError ContextFull when none does. */
export async function lowerDetail(request: AnswerRequest, fits: Fits): Promise<number> {
  for (let pixels = mostPixels(request) / 2; pixels >= LEAST_PIXELS; pixels /= 2) {
    const maxPixels = Math.floor(pixels)
    if (await fits(withDetail(request, maxPixels))) return maxPixels
  }
  throw new AppError(
    'ContextFull',
    'The conversation does not fit with the smallest pictures either. Leave out its oldest messages, or raise the context.',
  )
}

/** The largest budget of a picture of a request, in pixels. */
export function mostPixels({ budget, messages }: AnswerRequest): number {
  const own = messages.flatMap(({ content }) =>
    content.flatMap((part) => (part.type === 'text' || part.maxPixels === undefined ? [] : [part.maxPixels])),
  )
  return Math.max(budget.maxPixels, ...own)
}

/** The request with no picture, and no frame, larger than `maxPixels`. */
export function withDetail(request: AnswerRequest, maxPixels: number): AnswerRequest {
  const capped = (least: number, most: number) => ({
    minPixels: Math.min(least, most, maxPixels),
    maxPixels: Math.min(most, maxPixels),
  })
  const { minPixels, maxPixels: usual } = request.budget
  return {
    ...request,
    budget: capped(minPixels, usual),
    messages: request.messages.map((message) => ({
      ...message,
      content: message.content.map((part) => {
        if (part.type === 'text') return part
        const limits = capped(part.minPixels ?? minPixels, part.maxPixels ?? usual)
        // frames have least sizes of their own, which those of pictures are not to raise
        return part.type === 'video' && part.minPixels === undefined
          ? { ...part, maxPixels: limits.maxPixels }
          : { ...part, ...limits }
      }),
    })),
  }
}
