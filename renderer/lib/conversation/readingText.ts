import type { Message } from '#contract'
import { exportDocument, readDocument } from '../documents.ts'
import { documentParser } from './documentParser.ts'
import { textOf } from './state.ts'

/**
 * What a message says, as somebody would read it: of a document its words, without what the model wrote around them, and all of
 * its text where it cannot be read as one. `text`: what there is of it so far.
 */
export function readingText(message: Message, text = textOf(message)): string {
  const parser = documentParser(message)
  if (!parser) return text
  try {
    return exportDocument(readDocument(text, parser), 'text')
  } catch {
    return text
  }
}
