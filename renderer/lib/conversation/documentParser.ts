import { documentParsers } from '#contract'
import type { AnswerParser, Message } from '#contract'

/** How an answer that is a document is read; null: it is none. */
export function documentParser({ seen }: Pick<Message, 'seen'>): AnswerParser | null {
  const parser = seen?.profile?.parser
  return parser && documentParsers.includes(parser) ? parser : null
}
