import { AppError } from '#contract'
import type { Prompt } from './prompt/prompt.ts'

/** The error of a prompt that does not fit into `context` tokens, with its figures and what to do. */
export function contextFull(prompt: Prompt, context: number): AppError {
  return new AppError(
    'ContextFull',
    `This conversation needs ${prompt.tokens.toLocaleString('en')} tokens; the context holds ${context.toLocaleString('en')}. Start a new conversation, remove a picture or lower its detail.`,
    { needed: prompt.tokens, context },
  )
}
