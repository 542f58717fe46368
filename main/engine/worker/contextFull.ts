import { AppError } from '#contract'
import type { Prompt } from './prompt/prompt.ts'

/** What helps with the least loss: a larger context, fewer earlier messages, smaller pictures, less text. */
type Remedy = 'context' | 'turns' | 'detail' | 'text'

/** A larger context is offered with room for an answer, in steps of this many tokens. */
const STEP = 256
/** Tokens that a picture needs at least. */
const LEAST_PICTURE = 4

const tokens = (count: number): string => count.toLocaleString('en')

/**
 * The error of a prompt that does not fit into `context` tokens. Its detail holds the figures, all in tokens, and the
 * remedy that its message names; `limit`: what the context may be raised to.
 */
export function contextFull(prompt: Prompt, context: number, limit = context): AppError {
  const { tokens: needed, pictureTokens: pictures, videoTokens: video } = prompt
  const text = needed - pictures - video
  const enough = Math.min(Math.ceil((needed + STEP) / STEP) * STEP, limit)
  const remedy = remedyOf(prompt, text, context, limit)
  const advice: Record<Remedy, string> = {
    context: `Raise the context to ${tokens(enough)} tokens; the model takes up to ${tokens(limit)}.`,
    turns: 'Leave out its oldest messages, or start a new conversation.',
    detail: `Lower the detail of its ${video > pictures ? 'video' : 'pictures'}, or leave some out.`,
    text: 'Shorten the text, or ask about a part of it.',
  }
  const parts = [
    ['text', text],
    ['pictures', pictures],
    ['video', video],
  ] as const
  const split = parts.filter(([, count]) => count > 0).map(([name, count]) => `${name} ${tokens(count)}`)
  return new AppError(
    'ContextFull',
    `This conversation needs ${tokens(needed)} tokens (${split.join(', ')}); the context holds ${tokens(context)}. ${advice[remedy]}`,
    { needed, context, text, pictures, video, limit, remedy },
  )
}

function remedyOf(prompt: Prompt, text: number, context: number, limit: number): Remedy {
  if (prompt.tokens < limit && limit > context) return 'context'
  if (prompt.latestTokens < Math.min(prompt.tokens, context)) return 'turns'
  return prompt.media.size > 0 && text + prompt.media.size * LEAST_PICTURE < context ? 'detail' : 'text'
}
