import { documentParsers } from '#contract'
import type { AnswerParser, Message } from '#contract'
import { textOf } from '../../lib/conversation/state.ts'
import { exportDocument, readDocument } from '../../lib/documents.ts'

/** How an answer that is a document is read; null: it is none. */
export function documentParser({ seen }: Pick<Message, 'seen'>): AnswerParser | null {
  const parser = seen?.profile?.parser
  return parser && documentParsers.includes(parser) ? parser : null
}

/** What a message says, as somebody would read it: of a document its words, without what the model wrote around them. */
export function readingText(message: Message): string {
  const parser = documentParser(message)
  return parser ? exportDocument(readDocument(textOf(message), parser), 'text') : textOf(message)
}
