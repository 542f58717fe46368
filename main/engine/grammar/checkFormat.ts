import type { AnswerFormat } from '../types.ts'
import { toGrammar } from './grammar.ts'

/** Checks that an answer can be held to a format, as the engine does before it answers. @throws AppError InvalidInput naming the place. */
export function checkFormat(format: AnswerFormat): void {
  toGrammar(format)
}
